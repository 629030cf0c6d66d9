import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "gains privileges through setuid programs",
  source: `
from probe import *
import stat, subprocess
print(os.stat("/usr/bin/su").st_mode & stat.S_ISUID > 0 if os.path.exists("/usr/bin/su") else True)
open("/tmp/own", "w").write("#!/bin/sh\\nid -u\\n")
print(tried(lambda: os.chmod("/tmp/own", 0o4755)))
print(subprocess.run(["/tmp/own"], capture_output=True, text=True).stdout)
print(subprocess.run(["su", "-c", "id"], capture_output=True, text=True, stdin=subprocess.DEVNULL).returncode != 0)
`,
  verdict: { stdout: /^(True|False)\nopen\n65534\n\nTrue\n$/ },
};
