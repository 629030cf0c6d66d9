import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls numbers that no filter knows",
  source: `
from probe import *
print({syscall(number, 0, 0, 0, 0, 0, 0) for number in (600, 1000, 5000, 100000)})
`,
  verdict: { stdout: "{'ENOSYS'}\n" },
};
