import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "looks for devices",
  source: `
from probe import *
print(sorted(os.listdir("/dev")))
`,
  verdict: {
    stdout:
      "['console', 'core', 'fd', 'full', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero']\n".replace(
        "'console', ",
        "",
      ),
  },
};
