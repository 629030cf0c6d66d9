import { expect } from "vitest";
import { fileInput, inline } from "../../support/jobs.ts";
import { makeTar } from "../../support/tar.ts";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends an archive with a name that leaves the folder",
  interpreter: "python3",
  source: ``,
  options: {
    inputs: [
      fileInput("main.py", "print(1)"),
      { kind: "tar", blob: inline(makeTar([{ name: "a/../../x", content: "x" }])), stripComponents: 0 },
    ],
  },
  verdict: {
    reason: "infrastructure",
    exitCode: null,
    stdout: "",
    also: ({ finished }) => expect(finished.message).toBe("An input archive is malformed."),
  },
};
