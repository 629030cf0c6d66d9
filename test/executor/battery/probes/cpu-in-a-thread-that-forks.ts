import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "computes in children of a thread that is not the first",
  alone: true,
  source: `
import os, threading, time
def burn():
    if os.fork() == 0:
        while True: pass
threading.Thread(target=burn).start()
time.sleep(20)
`,
  options: { limits: { cpuMs: 500 } },
  verdict: { reason: "timeout_cpu", exitCode: null },
};
