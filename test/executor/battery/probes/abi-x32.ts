import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls through the x32 ABI",
  source: `
from probe import *
import sys
if os.uname().machine != "x86_64": os.kill(os.getpid(), 31)
libc.syscall(ctypes.c_long(0x40000000 + 39))
print("open")
`,
  verdict: { reason: "signal", exitCode: 159, stdout: "" },
};
