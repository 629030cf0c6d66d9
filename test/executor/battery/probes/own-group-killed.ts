import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leads its process group, and ends it by its own id as scripts that clean up do",
  interpreter: "bash",
  source: `
python3 -c 'import os; print(os.getpgrp() == os.getppid())'
echo made >out.txt
sleep 60 &
trap 'echo cleaning; trap - TERM; kill -- -$$' EXIT
for s in HUP INT TERM USR1 CHLD CONT; do kill -$s 1; done
exit 0
`,
  verdict: { reason: "signal", exitCode: 143, stdout: /^True\ncleaning\n$/, outputs: ["out.txt"] },
};
