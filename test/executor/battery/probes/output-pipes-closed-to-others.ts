import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "takes all rights from its output pipes, which the slot's next job gets",
  source: `
from probe import *
print([tried(lambda: os.fchmod(fd, 0)) for fd in (1, 2)])
`,
  verdict: ({ level }) => ({ stdout: level === 1 ? "['EPERM', 'EPERM']\n" : "['open', 'open']\n" }),
};
