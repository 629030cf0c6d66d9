import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "traces and reads other processes",
  source: `
from probe import *
import ctypes
one, parent = 1, os.getppid()
for target in (one, parent):
    print(syscall("ptrace", 16, target, 0, 0), syscall("process_vm_readv", target, 0, 0, 0, 0, 0),
          syscall("process_vm_writev", target, 0, 0, 0, 0, 0), syscall("kcmp", target, target, 0, 0, 0))
pidfd = os.pidfd_open(1)
print(syscall("pidfd_getfd", pidfd, 0, 0))
`,
  verdict: { stdout: "EPERM EPERM EPERM EPERM\nEPERM EPERM EPERM EPERM\nEPERM\n" },
};
