import { expect } from "vitest";
import { fileInput, inline } from "../../support/jobs.ts";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends random bytes as an archive",
  interpreter: "python3",
  source: ``,
  options: {
    inputs: [
      fileInput("main.py", "print(1)"),
      {
        kind: "tar",
        blob: inline(Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7919) % 251))),
        stripComponents: 0,
      },
    ],
  },
  verdict: {
    reason: "infrastructure",
    exitCode: null,
    stdout: "",
    also: ({ finished }) => expect(finished.message).toBe("An input archive is malformed."),
  },
};
