import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "fills the buffers of many sockets that nobody reads",
  alone: true,
  source: `
from probe import *
import socket
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(400)
kept, total = [], 0
for _ in range(150):
    one = socket.create_connection(server.getsockname()); other, _ = server.accept()
    kept += [one, other]
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_000_000)
    one.setblocking(False)
    try:
        while True: total += one.send(bytes(1_000_000))
    except OSError: pass
print(total // 1_000_000, flush=True)
`,
  options: { limits: { memoryBytes: 512 * 1024 * 1024 } },
  // Without cgroups only the number of sockets and the machine's own ceiling bound them.
  verdict: ({ level }) =>
    level === 1
      ? { reason: ["exit", "memory", "signal"], exitCode: "any", stdout: /^(\d|\d\d|1[0-2]\d)\n$|^$/ }
      : {},
};
