import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "changes its descriptor table",
  source: `
from probe import *
print(syscall("modify_ldt" if "modify_ldt" in NR else "mount", 0, 0, 0))
`,
  verdict: { stdout: "EPERM\n" },
};
