import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "searches all memory it can read for an address of the executor",
  source: `
from probe import *
import re
found = set()
for pid in [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]:
    try: maps = open(f"/proc/{pid}/maps").read().splitlines()
    except OSError: continue
    for line in maps:
        span, access = line.split()[:2]
        start, end = (int(part, 16) for part in span.split("-"))
        try:
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                memory.seek(start)
                found |= set(re.findall(rb"https?://127[^\\s\\0]+|EXECUTOR_[A-Z]+", memory.read(min(end - start, 50_000_000))))
        except (OSError, OverflowError): pass
print(found)
`,
  options: { limits: { memoryBytes: 512 * 1024 * 1024 } },
  verdict: { stdout: "set()\n" },
};
