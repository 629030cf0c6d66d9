import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "locks memory",
  source: `
from probe import *
import ctypes
buffer = ctypes.create_string_buffer(1_000_000)
print(syscall("mlock", ctypes.addressof(buffer), 1_000_000) in ("ENOMEM", "EPERM", "EAGAIN"))
`,
  verdict: { stdout: "True\n" },
};
