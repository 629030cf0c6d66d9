import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves 3,000 files",
  source: `
from probe import *
for index in range(3000): write(str(index), "x")
`,
  verdict: { dropped: 2_900, also: ({ finished }) => expect(finished.outputs).toHaveLength(100) },
};
