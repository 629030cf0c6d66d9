import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends every signal to the process that runs it, again and again",
  source: `
from probe import *
import time
write("out.txt", "x")
for _ in range(50):
    for number in range(1, 65):
        try: os.kill(1, number)
        except OSError: pass
time.sleep(0.2)
print("went on")
`,
  verdict: { stdout: "went on\n", outputs: ["out.txt"] },
};
