import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "reads the machine's own files",
  source: `
from probe import *
for path in ("/etc/shadow", "/etc/hostname", "/etc/resolv.conf", "/root", "/home", "/var", "/sys", "/boot",
             "/mnt", "/srv", "/run", "/media", "/proc/1/root/etc/shadow", "/proc/1/cwd/../etc/passwd"):
    verdict = tried(lambda: os.stat(path))
    if verdict not in ("ENOENT", "EACCES"): print(path, verdict)
print(sorted(os.listdir("/")), sorted(os.listdir("/etc")))
print([line.split(":")[0] for line in open("/etc/passwd")], {tried(lambda: write(f"/etc/{name}", "x")) for name in ("passwd", "hosts", "new")})
`,
  verdict: {
    stdout:
      "['bin', 'dev', 'etc', 'job', 'lib', 'lib64', 'opt', 'proc', 'sbin', 'tmp', 'usr'] ['alternatives', 'group', 'hosts', 'ld.so.cache', 'nsswitch.conf', 'passwd', 'protocols', 'services']\n" +
      "['root', 'sandbox'] {'EROFS'}\n",
  },
};
