import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls init_module, finit_module, delete_module, kexec_load, kexec_file_load",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: { args: ["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"] },
  verdict: {
    stdout: `{'init_module': 'EPERM', 'finit_module': 'EPERM', 'delete_module': 'EPERM', 'kexec_load': 'EPERM', 'kexec_file_load': 'EPERM'}\n`,
  },
};
