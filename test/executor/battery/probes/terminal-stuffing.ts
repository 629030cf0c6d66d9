import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "puts characters into a terminal, also with high bits set",
  source: `
from probe import *
import ctypes
character = ctypes.create_string_buffer(b"x")
for request in (0x5412, 0x541C, (1 << 32) | 0x5412): print(syscall("ioctl", 0, request, character))
print(os.getsid(0) > 0, tried(lambda: os.open("/dev/tty", os.O_RDWR)))
`,
  verdict: { stdout: /^EPERM\nEPERM\nEPERM\nTrue E\w+\n$/ },
};
