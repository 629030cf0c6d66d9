import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls io_uring_setup, io_uring_enter, io_uring_register",
  source: `
from probe import *
import sys
print({call: syscall(call, 0, 0, 0, 0, 0) for call in sys.argv[1:]})
`,
  options: { args: ["io_uring_setup", "io_uring_enter", "io_uring_register"] },
  verdict: {
    stdout: `{'io_uring_setup': 'EPERM', 'io_uring_enter': 'EPERM', 'io_uring_register': 'EPERM'}\n`,
  },
};
