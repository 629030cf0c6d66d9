import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens files by handle",
  source: `
from probe import *
print(syscall("name_to_handle_at", -100, b"/", 0, 0, 0), syscall("open_by_handle_at", 0, 0, 0))
`,
  verdict: { stdout: "EPERM EPERM\n" },
};
