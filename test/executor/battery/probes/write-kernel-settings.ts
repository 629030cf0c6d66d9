import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "writes the kernel's settings",
  source: `
from probe import *
for path in ("kernel/core_pattern", "vm/overcommit_memory", "kernel/modprobe", "kernel/hostname", "net/ipv4/ip_forward"):
    path = "/proc/sys/" + path
    if os.path.exists(path):
        verdict = tried(lambda: write(path, "1"))
        if verdict not in ("EROFS", "EACCES", "EPERM"): print(path, verdict)
for path in ("/proc/sysrq-trigger", "/proc/1/loginuid"):
    verdict = tried(lambda: write(path, "0"))
    if verdict not in ("EROFS", "EACCES", "EPERM", "ENOENT"): print(path, verdict)
print("tried")
`,
  verdict: { stdout: "tried\n" },
};
