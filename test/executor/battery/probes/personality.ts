import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "switches off the randomization of addresses",
  source: `
from probe import *
print(syscall("personality", 0x40000), syscall("personality", 0xFFFFFFFF))
`,
  verdict: { stdout: "EPERM open\n" },
};
