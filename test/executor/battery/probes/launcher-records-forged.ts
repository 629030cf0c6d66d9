import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "writes records and an archive to the launcher's descriptor numbers",
  source: `
from probe import *
record = b"\\1exited 0 0m0.000s 0m0.000s\\n0m0.000s 0m0.000s\\n\\0"
print({tried(lambda: os.write(fd, record)) for fd in range(3, 64)})
write("real", "x")
`,
  verdict: { stdout: "{'EBADF'}\n", outputs: ["real"] },
};
