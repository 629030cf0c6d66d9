import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "finds a network device other than its own loopback",
  source: `
from probe import *
print([line.split(b":")[0].strip().decode() for line in read("/proc/net/dev").splitlines()[2:]])
`,
  verdict: { stdout: "['lo']\n" },
};
