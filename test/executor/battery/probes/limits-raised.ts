import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "raises its own limits",
  source: `
from probe import *
import resource
for which in ("NPROC", "CPU", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "MSGQUEUE"):
    kind = getattr(resource, "RLIMIT_" + which, 12)
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(which, "open")
    except ValueError: pass
print("tried")
`,
  verdict: { stdout: "tried\n" },
};
