import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "fills /dev/shm with a gigabyte",
  alone: true,
  source: `
from probe import *
total = 0
def fill():
    global total
    with open("/dev/shm/fill", "wb", buffering=0) as file:
        for _ in range(1000): total += file.write(bytes(1_000_000))
print(tried(fill), total <= 64 * 1024 * 1024, total > 60 * 1_000_000)
os.unlink("/dev/shm/fill")
`,
  options: { limits: { memoryBytes: 512 * 1024 * 1024 } },
  verdict: { stdout: "ENOSPC True True\n" },
};
