import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls perf_event_open",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: { args: ["perf_event_open"] },
  verdict: { stdout: `{'perf_event_open': 'EPERM'}\n` },
};
