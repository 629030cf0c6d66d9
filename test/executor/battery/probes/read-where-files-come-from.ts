import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack:
    "reads from its mounts and descriptors where the machine keeps things, and what the executor is called",
  source: `
from probe import *
print(read("/proc/self/mountinfo").decode(), read("/proc/self/cgroup").decode())
for fd in (0, 1, 2): print(os.readlink(f"/proc/self/fd/{fd}"))
`,
  verdict: ({ level }) => ({
    stdout: / \/opt\/node\/bin\/node /,
    also: ({ stdout }) => {
      // An ordinary user may not give another's file a second name.
      if (level === 1) expect(stdout).not.toContain(process.execPath);
      expect(stdout).not.toMatch(/sandpiper-\d+-\d+/);
      expect(stdout).not.toMatch(/:\/.*(job|sandpiper)-/); // its control group
    },
  }),
};
