import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls userfaultfd",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: { args: ["userfaultfd"] },
  verdict: { stdout: `{'userfaultfd': 'EPERM'}\n` },
};
