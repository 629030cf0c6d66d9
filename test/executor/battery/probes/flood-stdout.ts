import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "floods stdout",
  alone: true,
  source: `
import os
while True: os.write(1, b'x' * 65536)
`,
  options: { limits: { outputBytesPerStream: 1_000_000 } },
  verdict: {
    reason: "output_limit",
    exitCode: null,
    stdout: /^x*$/,
    also: (result) => expect(result.stdout.length).toBe(1_000_000),
  },
};
