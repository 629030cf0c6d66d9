import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "reads, opens up or replaces the shell that runs it",
  source: `
from probe import *
shell = "/opt/launcher/bash"
print(tried(lambda: read(shell)), tried(lambda: os.chmod(shell, 0o755)), tried(lambda: os.link(shell, "/tmp/x")))
print(tried(lambda: os.unlink(shell)), tried(lambda: os.rename("/opt/launcher", "/opt/other")), tried(lambda: write("/opt/launcher/y", "x")))
`,
  verdict: { stdout: /^EACCES (EROFS|EPERM) (EXDEV|EPERM)\n(EBUSY|EROFS) EROFS EROFS\n$/ },
};
