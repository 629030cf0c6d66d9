import { fileInput, inline } from "../../support/jobs.ts";
import { makeTar } from "../../support/tar.ts";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends the program twice",
  interpreter: "python3",
  source: ``,
  options: {
    inputs: [
      fileInput("main.py", "print(1)"),
      { kind: "tar", blob: inline(makeTar([{ name: "main.py", content: "print(2)" }])), stripComponents: 0 },
    ],
  },
  verdict: { stdout: "2\n" },
};
