import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls fanotify_init, lookup_dcookie, quotactl",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: { args: ["fanotify_init", "lookup_dcookie", "quotactl"] },
  verdict: { stdout: `{'fanotify_init': 'EPERM', 'lookup_dcookie': 'EPERM', 'quotactl': 'EPERM'}\n` },
};
