import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves one file over the cap and one below",
  source: `
from probe import *
write("large", "x" * 2_000_000); write("small", "x")
`,
  options: { limits: { outputFileBytes: 1_000_000 } },
  verdict: { outputs: ["small"], dropped: 1 },
};
