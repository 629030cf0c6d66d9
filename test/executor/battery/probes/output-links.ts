import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves links to the machine as outputs",
  source: `
from probe import *
os.symlink("/etc/passwd", "a"); os.symlink("../../etc/shadow", "b"); os.symlink("/", "c"); os.symlink("/proc/self/environ", "d")
write("real", "x"); os.link("real", "twin")
print(tried(lambda: os.link("/usr/bin/env", "e")), tried(lambda: os.link("/proc/self/environ", "f")))
`,
  verdict: {
    stdout: "EXDEV EXDEV\n",
    also: ({ finished }) => expect(finished.outputs).toHaveLength(2),
    dropped: 4,
  },
};
