import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens the descriptors of the process that runs it",
  source: `
from probe import *
parent = os.getppid()
print({tried(lambda: os.open(f"/proc/{parent}/fd/{fd}", os.O_RDWR)) for fd in range(16)})
`,
  verdict: { stdout: "{'EACCES'}\n" },
};
