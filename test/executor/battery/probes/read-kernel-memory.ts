import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "reads the kernel's memory and log",
  source: `
from probe import *
for path in ("/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/kmsg", "/proc/kmsg", "/dev/port"):
    verdict = tried(lambda: read(path))
    if verdict not in ("ENOENT", "EACCES", "EPERM"): print(path, verdict)
addresses = {line.split()[0] for line in read("/proc/kallsyms").splitlines()[:50]} if os.path.exists("/proc/kallsyms") else set()
print(addresses <= {b"0" * 16})
`,
  verdict: { stdout: "True\n" },
};
