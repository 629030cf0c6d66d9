import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "writes an archive of its own into the launcher's stream",
  source: `
from probe import *
parent = os.getppid()
print({tried(lambda: write(f"/proc/{parent}/fd/{fd}", "forged" * 1000)) for fd in (6, 7)})
write("real", "x")
`,
  verdict: { stdout: "{'EACCES'}\n", outputs: ["real"] },
};
