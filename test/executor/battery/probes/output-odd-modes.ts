import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves files that are unreadable or setuid",
  source: `
from probe import *
write("unreadable", "x"); os.chmod("unreadable", 0)
write("setuid", "x"); os.chmod("setuid", 0o6777)
os.mkdir("closed"); write("closed/x", "x"); os.chmod("closed", 0)
`,
  verdict: { outputs: ["setuid"] },
};
