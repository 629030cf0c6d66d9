import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "lets children take the memory and exits well itself",
  alone: true,
  source: `
import os, time
for _ in range(20):
    if os.fork() == 0:
        block = bytearray(50_000_000)
        time.sleep(20)
        os._exit(0)
time.sleep(1.5)
`,
  verdict: { reason: "memory", exitCode: null },
};
