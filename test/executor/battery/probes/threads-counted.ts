import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "starts threads until it may not",
  alone: true,
  source: `
from probe import *
import threading, time
count = 0
try:
    while True:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        count += 1
except RuntimeError:
    print(100 < count <= 256, flush=True)
    os._exit(0)
`,
  verdict: { stdout: "True\n" },
};
