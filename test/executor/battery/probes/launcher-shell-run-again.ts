import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "runs the launcher's shell itself, and opens the memory of that",
  source: `
from probe import *
import subprocess
child = subprocess.Popen(["/opt/launcher/bash", "-c", "read x"], stdin=subprocess.PIPE)
import time; time.sleep(0.1)
print(tried(lambda: open(f"/proc/{child.pid}/mem", "rb")))
child.communicate(b"x\\n")
`,
  verdict: { stdout: "EACCES\n" },
};
