import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves a daemon behind that holds its streams",
  source: `
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
print("done")
`,
  verdict: { stdout: "done\n", also: ({ finished }) => expect(finished.wallTimeMs).toBeLessThan(10_000) },
};
