import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "follows the links of the process that runs it",
  source: `
from probe import *
print({tried(lambda: os.readlink(f"/proc/1/{p}")) for p in ("exe", "cwd", "root", "ns/net", "ns/user")})
print({tried(lambda: os.listdir(f"/proc/1/{p}")) for p in ("fd", "fdinfo")})
`,
  verdict: { stdout: "{'EACCES'}\n{'EACCES'}\n" },
};
