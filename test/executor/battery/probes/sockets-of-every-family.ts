import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens sockets of every family",
  source: `
from probe import *
import socket
found = []
for family in range(0, 64):
    for kind in (1, 2, 3, 5):
        for protocol in (0, 1, 255):
            try:
                socket.socket(family, kind, protocol).close()
                found.append(family)
            except OSError: pass
print(sorted(set(found)))
`,
  verdict: { stdout: "[1, 2, 10, 16]\n" },
};
