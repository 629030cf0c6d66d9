import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "enters new namespaces",
  source: `
from probe import *
flags = [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
print({syscall("unshare", flag) for flag in flags})
print({syscall("clone", flag | 17, 0, 0, 0, 0) for flag in flags})
print(syscall("setns", 0, 0))
print(syscall(435, 0, 0))
`,
  verdict: { stdout: "{'EPERM'}\n{'EPERM'}\nEPERM\nENOSYS\n" },
};
