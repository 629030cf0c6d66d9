import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "floods stdout from a daemon",
  alone: true,
  source: `
import os, time
if os.fork() == 0:
    os.setsid()
    while True: os.write(1, b"x" * 65536)
time.sleep(30)
`,
  options: { limits: { outputBytesPerStream: 1_000_000 } },
  verdict: { reason: "output_limit", exitCode: null, stdout: /^x*$/ },
};
