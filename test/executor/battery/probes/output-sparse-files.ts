import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves sparse files far beyond the caps",
  source: `
from probe import *
for index in range(30):
    with open(f"sparse{index}", "wb") as file: file.truncate(90_000_000)
`,
  options: { limits: { outputFileBytes: 1_000_000 } },
  verdict: {
    also: ({ finished }) => expect(finished.outputs.length + finished.outputsDropped).toBeGreaterThan(0),
  },
};
