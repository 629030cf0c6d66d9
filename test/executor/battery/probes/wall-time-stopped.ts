import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "stops itself and its parent",
  source: `
import os, signal
os.kill(os.getppid(), signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGSTOP)
`,
  options: { limits: { timeoutMs: 600 } },
  verdict: { reason: "timeout_wall", exitCode: null },
};
