import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "writes everywhere outside of its folders",
  source: `
from probe import *
for path in ("/x", "/etc/x", "/usr/x", "/usr/bin/env", "/opt/x", "/dev/x", "/proc/x", "/bin/x", "/opt/node/bin/node"):
    verdict = tried(lambda: write(path, "x"))
    if verdict not in ("EROFS", "EACCES", "ENOENT", "EPERM", "ETXTBSY"): print(path, verdict)
print("tried")
`,
  verdict: { stdout: "tried\n" },
};
