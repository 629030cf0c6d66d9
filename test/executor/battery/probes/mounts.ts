import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "mounts and unmounts",
  source: `
from probe import *
import ctypes
text = lambda t: ctypes.c_char_p(t.encode())
print(syscall("mount", text("none"), text("/tmp"), text("tmpfs"), 0, 0))
print(syscall("mount", text("/"), text("/tmp"), 0, 4096, 0))
print(syscall("umount2", text("/proc"), 2))
print(syscall("pivot_root", text("/tmp"), text("/tmp")))
print(syscall("chroot", text("/tmp")))
for name_ in ("fsopen", "fspick", "open_tree", "move_mount", "mount_setattr"): print(syscall(name_, 0, 0, 0, 0, 0))
`,
  verdict: { stdout: "EPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\nEPERM\n" },
};
