import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "kills and stops the process that runs it",
  source: `
from probe import *
import signal, time
write("out.txt", "x")
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP):
    os.kill(os.getppid(), number)
time.sleep(0.3)
print("went on", os.getppid())
`,
  verdict: { stdout: "went on 1\n", outputs: ["out.txt"] },
};
