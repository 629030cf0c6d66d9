import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "forks on all sides until its time is up",
  alone: true,
  source: `
import os
while True:
    try: os.fork()
    except OSError: pass
`,
  options: { limits: { cpuMs: 1_000, timeoutMs: 30_000 } },
  verdict: { reason: "timeout_cpu", exitCode: null },
};
