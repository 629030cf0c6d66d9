import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves daemons in sessions of their own when its time is up",
  source: `
import os, signal, time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
time.sleep(60)
`,
  options: { limits: { timeoutMs: 500 } },
  verdict: { reason: "timeout_wall", exitCode: null },
};
