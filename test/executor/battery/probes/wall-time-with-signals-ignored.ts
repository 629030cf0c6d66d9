import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "ignores every signal and sleeps",
  source: `
import signal, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
time.sleep(60)
`,
  options: { limits: { timeoutMs: 500 } },
  verdict: { reason: "timeout_wall", exitCode: null },
};
