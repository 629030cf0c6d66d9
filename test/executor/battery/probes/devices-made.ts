import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "makes device nodes",
  source: `
from probe import *
import stat
print(tried(lambda: os.mknod("/tmp/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))))
print(tried(lambda: os.mknod("/tmp/disk", 0o666 | stat.S_IFBLK, os.makedev(254, 0))))
`,
  verdict: { stdout: "EPERM\nEPERM\n" },
};
