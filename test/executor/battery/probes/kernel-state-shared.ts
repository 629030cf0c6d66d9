import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "uses up what the kernel has once for all jobs",
  source: `
from probe import *
print(syscall({"x86_64": 206}.get(os.uname().machine, 0), 128, 0), syscall({"x86_64": 162}.get(os.uname().machine, 81)))
import socket
print(tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)), tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)))
`,
  verdict: { stdout: "ENOSYS ENOSYS\nEPROTONOSUPPORT EPROTONOSUPPORT\n" },
};
