import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "forks until it may not",
  alone: true,
  source: `
from probe import *
import time
count = 0
try:
    while True:
        if os.fork() == 0: time.sleep(30); os._exit(0)
        count += 1
except OSError as error:
    print(name(error.errno), count <= 256, flush=True)
`,
  verdict: { stdout: "EAGAIN True\n" },
};
