import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "reads the environment of process 1",
  source: `
from probe import *
print(tried(lambda: read("/proc/1/environ")))
`,
  verdict: { stdout: "EACCES\n" },
};
