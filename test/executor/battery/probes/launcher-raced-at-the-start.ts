import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves children that reach for the launcher while it packs the outputs",
  source: `
from probe import *
write("out.txt", "x")
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        while True:
            for path in ("/proc/1/fd/6", "/proc/1/fd/7", "/proc/1/mem"):
                try: os.write(os.open(path, os.O_WRONLY), b"\\1exited 9\\0" * 400)
                except OSError: pass
`,
  verdict: { outputs: ["out.txt"] },
};
