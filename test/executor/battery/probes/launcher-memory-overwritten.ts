import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "overwrites the memory of the process that runs it",
  source: `
from probe import *
parent = os.getppid()
for line in open(f"/proc/{parent}/maps"):
    span, access = line.split()[:2]
    if "w" not in access: continue
    start, end = (int(part, 16) for part in span.split("-"))
    try:
        with open(f"/proc/{parent}/mem", "r+b", buffering=0) as memory:
            memory.seek(start)
            memory.write(b"\\xcc" * (end - start))
    except OSError: pass
print("tried", flush=True)
`,
  verdict: { reason: ["exit", "signal"], exitCode: "any" },
};
