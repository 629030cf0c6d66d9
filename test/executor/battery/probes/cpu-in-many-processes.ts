import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "computes in eight processes at once",
  alone: true,
  source: `
import os
for _ in range(3): os.fork()
while True: pass
`,
  options: { limits: { cpuMs: 600 } },
  verdict: {
    reason: "timeout_cpu",
    exitCode: null,
    also: ({ finished }) => expect(finished.cpuSeconds).toBeLessThan(2),
  },
};
