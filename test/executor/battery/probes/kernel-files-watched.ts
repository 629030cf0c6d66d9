import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "watches the machine's programs to see what other jobs run",
  source: `
from probe import *
import fcntl
watcher = libc.inotify_init()
def watch(path, mask): return syscall("inotify_add_watch", watcher, path.encode(), mask)
print({watch(p, m) for p in ("/usr/bin", "/usr/bin/python3", "/usr/lib") for m in (0x1, 0x10, 0x20, 0xfff, (1 << 32) | 0x20)})
folder = os.open("/usr/bin", os.O_RDONLY)
print(tried(lambda: fcntl.fcntl(folder, 1026, 1)), syscall("fanotify_init", 0, 0))
# Changes of its own files are nobody else's business.
print(watch("/job", 0xfc6), len(os.listdir(folder)) > 10)
open("mine", "w").close()
print(len(os.read(watcher, 4096)) > 0)
`,
  verdict: { stdout: "{'EPERM'}\nEPERM EPERM\nopen True\nTrue\n", outputs: ["mine"] },
};
