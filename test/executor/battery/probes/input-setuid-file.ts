import { fileInput, inline } from "../../support/jobs.ts";
import { makeTar } from "../../support/tar.ts";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends an archive with a setuid file",
  interpreter: "python3",
  source: ``,
  options: {
    inputs: [
      fileInput("main.py", "print(1)"),
      { kind: "tar", blob: inline(makeTar([{ name: "x", content: "x", mode: 0o6777 }])), stripComponents: 0 },
    ],
  },
  verdict: { stdout: "1\n" },
};
