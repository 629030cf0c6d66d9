import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "makes two million empty files",
  alone: true,
  source: `
import os
for index in range(2_000_000):
    os.close(os.open(f"/tmp/{index}", os.O_CREAT | os.O_WRONLY))
`,
  options: ({ level }) => ({
    limits: { memoryBytes: 64 * 1024 * 1024, timeoutMs: level === 1 ? 20_000 : 2_000, cpuMs: 20_000 },
  }),
  verdict: ({ level }) => ({ reason: level === 1 ? "memory" : "timeout_wall", exitCode: null }),
};
