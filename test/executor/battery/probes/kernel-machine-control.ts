import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls reboot, swapon, swapoff, acct, sethostname, setdomainname, syslog, vhangup",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: {
    args: ["reboot", "swapon", "swapoff", "acct", "sethostname", "setdomainname", "syslog", "vhangup"],
  },
  verdict: {
    stdout: `{'reboot': 'EPERM', 'swapon': 'EPERM', 'swapoff': 'EPERM', 'acct': 'EPERM', 'sethostname': 'EPERM', 'setdomainname': 'EPERM', 'syslog': 'EPERM', 'vhangup': 'EPERM'}\n`,
  },
};
