import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "lowers the limits of the process that runs it, which costs its own outputs at most",
  source: `
from probe import *
import resource
for which in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
    resource.prlimit(1, which, (0, 0))
print("lowered")
`,
  verdict: { reason: ["exit", "signal"], exitCode: "any", stdout: "lowered\n" },
};
