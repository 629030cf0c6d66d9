import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "makes the collected folder a link to the system",
  source: `
from probe import *
os.symlink("/etc", "out")
`,
  options: { outputs: { root: "out" } },
  verdict: {
    also: ({ finished }) => expect(finished.outputs.map(({ path }) => path)).not.toContain("shadow"),
  },
};
