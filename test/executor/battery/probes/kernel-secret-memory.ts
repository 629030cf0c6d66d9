import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "asks for memory that nobody can look into",
  source: `
from probe import *
print(syscall("memfd_secret", 0))
`,
  verdict: { stdout: "EPERM\n" },
};
