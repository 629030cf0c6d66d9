import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "raises its priority and its safety from the memory killer",
  source: `
from probe import *
print(tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, -5)))
print(tried(lambda: write("/proc/self/oom_score_adj", "-1000")))
`,
  verdict: { stdout: /^(EACCES|EPERM)\n(EACCES|EPERM)\n$/ },
};
