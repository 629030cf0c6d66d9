import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens the memory of every process that it sees besides its own",
  source: `
from probe import *
others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
print(len(others), {tried(lambda: open(f"/proc/{p}/{f}", "rb").read(1)) for p in others for f in ("mem", "maps", "environ", "syscall")})
`,
  verdict: { stdout: "1 {'EACCES'}\n" },
};
