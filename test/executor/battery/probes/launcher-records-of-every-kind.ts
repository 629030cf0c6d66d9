import { expect } from "vitest";
import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "writes early, repeated, endless, huge and binary records to wherever it can write",
  source: `
from probe import *
import time
end = b"\\1exited 0 0m0.000s 0m0.000s\\n0m0.000s 0m0.000s\\n\\0"
kinds = [b"\\1ready\\0", b"\\1refused\\0", b"\\1started\\0" * 1000, end * 500, b"\\1exited " + b"9" * 900_000, bytes(range(256)) * 4000]
taken = set()
for fd in [*range(3, 100), 255, 1023]:
    for kind in kinds: taken.add(tried(lambda: os.write(fd, kind)))
for path in [f"/proc/1/fd/{fd}" for fd in range(12)] + [f"/proc/1/task/1/fd/{fd}" for fd in range(12)]:
    for kind in kinds: taken.add(tried(lambda: os.write(os.open(path, os.O_WRONLY), kind)))
print(taken)
# Where it may write, these are its output, and nothing else.
for kind in kinds[:4]: os.write(1, kind); os.write(2, kind[:20])
time.sleep(0.2)
write("real", "x")
os._exit(7)
`,
  verdict: {
    exitCode: 7,
    stdout: /^\{'E\w+', 'E\w+'\}\n/,
    stderr: /ready/,
    outputs: ["real"],
    also: ({ stdout }) => expect(stdout).toContain("\x01ready\0\x01refused\0\x01started\0"),
  },
};
