import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "reads the environment of process 1",
  source: `
from probe import *
print(sorted(part.split(b"=")[0].decode() for part in read("/proc/1/environ").split(b"\\0") if part))
`,
  verdict: { stdout: "['LC_ALL', 'PATH', 'PWD']\n" },
};
