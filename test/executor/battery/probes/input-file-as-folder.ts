import { fileInput, inline } from "../../support/jobs.ts";
import { makeTar } from "../../support/tar.ts";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends an archive that uses a file as a folder",
  interpreter: "python3",
  source: ``,
  options: {
    inputs: [
      fileInput("main.py", "print(1)"),
      {
        kind: "tar",
        blob: inline(
          makeTar([
            { name: "a", content: "x" },
            { name: "a/b", content: "x" },
          ]),
        ),
        stripComponents: 0,
      },
    ],
  },
  verdict: { reason: "bad_input", exitCode: null, stdout: "" },
};
