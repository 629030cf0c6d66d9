import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens the descriptors of the process that runs it",
  source: `
from probe import *
parent = os.getppid()
verdicts = {}
for fd in os.listdir(f"/proc/{parent}/fd"):
    target = os.readlink(f"/proc/{parent}/fd/{fd}")
    if target.startswith("socket"): verdicts[fd] = tried(lambda: os.open(f"/proc/{parent}/fd/{fd}", os.O_RDWR))
print(set(verdicts.values()))
`,
  verdict: { stdout: "{'ENXIO'}\n" },
};
