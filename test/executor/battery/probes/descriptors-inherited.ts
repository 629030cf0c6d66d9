import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "inherits descriptors",
  source: `
from probe import *
print([fd for fd in range(0, 256) if tried(lambda: os.fstat(fd)) == "open"])
`,
  verdict: { stdout: "[0, 1, 2]\n" },
};
