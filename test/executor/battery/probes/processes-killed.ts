import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "kills everything it can reach",
  source: `
from probe import *
import signal
print(tried(lambda: os.kill(1, signal.SIGKILL)))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(tried(lambda: os.kill(-1, signal.SIGTERM)), flush=True)
`,
  verdict: { reason: ["exit", "signal"], exitCode: "any", stdout: /^open\n/ },
};
