import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sees processes that are not its own",
  source: `
from probe import *
print(sorted(int(pid) for pid in os.listdir("/proc") if pid.isdigit())[-1] < 30, os.getpid() < 30)
names = {read(f"/proc/{pid}/comm").decode().strip() for pid in os.listdir("/proc") if pid.isdigit()}
print(sorted(names))
`,
  verdict: { stdout: "True True\n['bash', 'python3']\n" },
};
