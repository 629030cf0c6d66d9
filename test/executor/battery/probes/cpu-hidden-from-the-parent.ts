import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "computes in children that nobody waits for",
  alone: true,
  source: `
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        end = time.process_time() + 0.15
        while time.process_time() < end: pass
        os._exit(0)
    time.sleep(0.15)
`,
  options: { limits: { cpuMs: 600, timeoutMs: 15_000 } },
  verdict: { reason: "timeout_cpu", exitCode: null },
};
