import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves a tree of 500 levels",
  source: `
from probe import *
for index in range(500):
    os.mkdir("d")
    os.chdir("d")
write("bottom", "x")
os.chdir("/job")
write("top", "x")
`,
  verdict: { outputs: ["top"], dropped: 1 },
};
