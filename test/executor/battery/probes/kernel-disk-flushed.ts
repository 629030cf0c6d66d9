import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "makes the machine's disk write everything out, again and again",
  source: `
from probe import *
shared = os.open("/usr/bin/python3", os.O_RDONLY)
def flushes(): return sum(int(f[18]) for f in (line.split() for line in read("/proc/diskstats").decode().splitlines()) if len(f) > 18)
before = flushes()
results = {tried(lambda: call(shared)) for _ in range(500) for call in (os.fsync, os.fdatasync)}
print(results, flushes() - before < 300)
write("mine", "x")
with open("mine", "r+") as mine: print(tried(lambda: os.fsync(mine.fileno())))
print(syscall({"x86_64": 162}.get(os.uname().machine, 81)), syscall({"x86_64": 306}.get(os.uname().machine, 267), shared))
`,
  // Other work of the machine flushes too, now and then.
  verdict: { stdout: "{'open'} True\nopen\nENOSYS ENOSYS\n", outputs: ["mine"] },
};
