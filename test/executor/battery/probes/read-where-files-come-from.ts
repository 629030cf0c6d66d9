import { expect } from "vitest";
import type { Probe } from "../probe.ts";

/** The kernel tells of every mount where on its file system the mounted file lies: only these two are mounted so. */
const told = ["/opt/launcher/bash", "/opt/node/bin/node"];

export const probe: Probe = {
  attack: "reads from everything below /proc where the machine keeps things, and what the executor is called",
  source: `
from probe import *
for fd in (0, 1, 2): print(os.readlink(f"/proc/self/fd/{fd}").split("[")[0])
for line in read("/proc/self/mountinfo").decode().splitlines():
    source, target = line.split()[3:5]
    if source not in ("/", "/newroot", target) and not target.startswith("/dev/") and target != "/proc/sys":
        print("mount", source, target)
print("cgroup", read("/proc/self/cgroup").decode().split(":")[-1])
found = set()
for folder in ("/proc", "/proc/self", "/proc/1", "/proc/sys/kernel"):
    for name in os.listdir(folder):
        try:
            fd = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_NONBLOCK)
            text = os.read(fd, 200000)
            os.close(fd)
        except OSError: continue
        if any(word in text for word in (b"executor-test-", b"sandpiper", b"/work/", b"/root/")): found.add(name)
print("found", sorted(found - {"mountinfo"}))
`,
  verdict: ({ level }) => ({
    stdout: /^\/dev\/null\npipe:\npipe:\n(mount .*\n){2}cgroup \/\n\nfound \[\]\n$/,
    also: ({ stdout }) => {
      const mounts = [...stdout.matchAll(/^mount (\S+) (\S+)$/gm)];
      expect(mounts.map(([, , target]) => target).sort()).toEqual(told);
      expect(stdout).not.toContain("sandpiper");
      // An ordinary user may not give another's file a second name.
      if (level === 1) expect(stdout).not.toContain(process.execPath);
      if (level === 1) for (const [, source] of mounts) expect(source).toMatch(/^\/tmp\/[0-9a-f]{16}\//);
    },
  }),
};
