import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls settimeofday, clock_settime, adjtimex, clock_adjtime",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: { args: ["settimeofday", "clock_settime", "adjtimex", "clock_adjtime"] },
  verdict: {
    stdout: `{'settimeofday': 'EPERM', 'clock_settime': 'EPERM', 'adjtimex': 'EPERM', 'clock_adjtime': 'EPERM'}\n`,
  },
};
