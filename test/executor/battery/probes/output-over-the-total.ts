import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves more than may leave together",
  source: `
from probe import *
for index in range(5): write(f"part{index}", "x" * 400_000)
`,
  options: { limits: { outputTotalBytes: 1_000_000 } },
  verdict: { also: ({ finished }) => expect(finished.outputs).toHaveLength(2), dropped: 3 },
};
