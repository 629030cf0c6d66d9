import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "writes a byte to each stream in turn",
  source: `
import os
for _ in range(5000):
    os.write(1, b"o")
    os.write(2, b"e")
`,
  verdict: { stdout: /^o{5000}$/, stderr: /^e{5000}$/ },
};
