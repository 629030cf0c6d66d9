import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "remounts or fills /dev",
  source: `
from probe import *
print(tried(lambda: write("/dev/fill", "x" * 1000)), tried(lambda: os.mkdir("/dev/folder")))
print(os.statvfs("/dev/shm").f_blocks * os.statvfs("/dev/shm").f_frsize <= 64 * 1024 * 1024)
`,
  verdict: { stdout: "EROFS EROFS\nTrue\n" },
};
