import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "takes 2 GB spread over 40 processes",
  alone: true,
  source: `
import os, time
for _ in range(40):
    if os.fork() == 0:
        block = bytearray(50_000_000)
        time.sleep(20)
        os._exit(0)
time.sleep(20)
print("had it all")
`,
  verdict: { reason: "memory", exitCode: null, stdout: "" },
};
