import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "has any capability or gains one",
  source: `
from probe import *
import re
status = read("/proc/self/status").decode()
print(sorted(set(re.findall(r"^Cap\\w+:\\s*(\\w+)$", status, re.M))), re.findall(r"NoNewPrivs:\\s*(\\d)", status))
print(syscall("setuid", 0), syscall("setgid", 0), syscall("setresuid", 0, 0, 0), syscall("setgroups", 0, 0))
print(os.getuid(), os.getgid(), os.getgroups())
`,
  verdict: { stdout: /^\['0{16}'\] \['1'\]\nEINVAL EINVAL EINVAL EPERM\n65534 65534 \[(65534)?\]\n$/ },
};
