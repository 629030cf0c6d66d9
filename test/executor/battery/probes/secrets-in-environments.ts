import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "reads every environment and command line there is",
  source: `
from probe import *
for pid in os.listdir("/proc"):
    if not pid.isdigit(): continue
    for part in ("environ", "cmdline", "mountinfo", "cgroup"):
        try: print(pid, part, read(f"/proc/{pid}/{part}"))
        except OSError: pass
`,
  verdict: { stdout: /environ/, also: ({ stdout, attempt }) => expect(stdout).not.toContain(attempt.token) },
};
