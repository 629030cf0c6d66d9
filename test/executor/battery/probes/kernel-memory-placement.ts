import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls mbind, set_mempolicy, migrate_pages, move_pages, vmsplice",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: { args: ["mbind", "set_mempolicy", "migrate_pages", "move_pages", "vmsplice"] },
  verdict: {
    stdout: `{'mbind': 'EPERM', 'set_mempolicy': 'EPERM', 'migrate_pages': 'EPERM', 'move_pages': 'EPERM', 'vmsplice': 'EPERM'}\n`,
  },
};
