import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "floods stderr",
  alone: true,
  source: `
import os
while True: os.write(2, b'x' * 65536)
`,
  options: { limits: { outputBytesPerStream: 1_000_000 } },
  verdict: {
    reason: "output_limit",
    exitCode: null,
    stderr: /^x*$/,
    also: (result) => expect(result.stderr.length).toBe(1_000_000),
  },
};
