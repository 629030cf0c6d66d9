import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "looks for a shell between itself and the launcher, and for what that left open",
  source: `
from probe import *
print(os.getppid(), sorted(int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()))
print(sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1])
print([link for link in (os.readlink(f"/proc/self/fd/{fd}") for fd in (0, 1, 2)) if "archive" in link or "records" in link])
# An orphan's parent is the launcher itself.
import time
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    if os.fork() == 0:
        while os.getppid() != 1: time.sleep(0.01)
        os.write(writer, str({tried(lambda: open(f"/proc/1/{name}", "rb").read(1)) for name in ("mem", "environ", "maps")}).encode())
    os._exit(0)
os.waitpid(child, 0)
print(os.read(reader, 100).decode())
`,
  verdict: { stdout: "1 [1]\n[0, 1, 2]\n[]\n{'EACCES'}\n" },
};
