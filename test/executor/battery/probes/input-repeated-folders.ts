import { fileInput, inline } from "../../support/jobs.ts";
import { makeTar } from "../../support/tar.ts";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends an archive that names one folder 240 times",
  interpreter: "python3",
  source: ``,
  options: {
    inputs: [
      fileInput("main.py", "print(1)"),
      {
        kind: "tar",
        blob: inline(
          makeTar(Array.from({ length: 240 }, () => ({ name: "d/", type: "directory" as const }))),
        ),
        stripComponents: 0,
      },
    ],
  },
  verdict: { stdout: "1\n" },
};
