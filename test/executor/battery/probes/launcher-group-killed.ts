import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "kills its own process group, which is how many scripts clean up",
  interpreter: "bash",
  source: `
echo made >out.txt
python3 -c 'import os, signal; os.killpg(os.getpgrp(), signal.SIGUSR1)' &
trap 'echo cleaning; exit 3' TERM USR1
kill -TERM 0
sleep 5
`,
  verdict: { exitCode: 3, stdout: /cleaning\n/, outputs: ["main.sh", "out.txt"].slice(1) },
};
