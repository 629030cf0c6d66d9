import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "swaps its files for links while they are packed",
  source: `
from probe import *
import subprocess
for index in range(50): write(f"f{index}", "x")
subprocess.Popen(["sh", "-c", "while :; do for i in 1 2 3; do ln -sf /etc/passwd f$i; rm f$i; echo x > f$i; done; done"],
                 stdin=subprocess.DEVNULL, start_new_session=True)
`,
  verdict: {
    also: ({ finished }) =>
      expect(finished.outputs.length + finished.outputsDropped).toBeGreaterThanOrEqual(47),
  },
};
