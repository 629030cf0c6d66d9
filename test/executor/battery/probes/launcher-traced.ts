import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "traces the process that runs it, copies its memory and takes its descriptors",
  source: `
from probe import *
import ctypes
buffer = ctypes.create_string_buffer(64)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
print({syscall("ptrace", request, 1, 0, 0) for request in (16, 0x4206)})
print({syscall(call, 1, vector, 1, vector, 1, 0) for call in ("process_vm_readv", "process_vm_writev")})
pidfd = libc.syscall(NR["pidfd_open"], 1, 0)
print({syscall("pidfd_getfd", pidfd, fd, 0) for fd in range(10)}, syscall("kcmp", 1, os.getpid(), 0, 0, 0), syscall("process_madvise", pidfd, vector, 1, 4, 0))
print(syscall("prlimit64", 1, 6, 0, buffer), syscall("setns", pidfd, 0), syscall("process_mrelease", pidfd, 0))
`,
  verdict: { stdout: /^\{'EPERM'\}\n\{'EPERM'\}\n\{'EPERM'\} EPERM EPERM\n\w+ EPERM E\w+\n$/ },
};
