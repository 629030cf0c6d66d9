import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "uses the kernel's keyrings",
  source: `
from probe import *
print(syscall("keyctl", 0, -3, 0), syscall("add_key", b"user", b"x", b"y", 1, -3), syscall("request_key", b"user", b"x", 0, 0))
`,
  verdict: { stdout: "EPERM EPERM EPERM\n" },
};
