import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "kills the process that runs it",
  source: `
from probe import *
import signal, time
write("out.txt", "x")
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(5)
`,
  verdict: { reason: "signal", exitCode: 137, outputs: [] },
};
