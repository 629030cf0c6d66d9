import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves outputs and is killed for its time",
  source: `
from probe import *
import time
write("out", "x")
time.sleep(30)
`,
  options: { limits: { timeoutMs: 500 } },
  verdict: { reason: "timeout_wall", exitCode: null, outputs: [] },
};
