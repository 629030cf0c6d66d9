import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "fills the queues of many datagram sockets that nobody reads",
  alone: true,
  source: `
from probe import *
import socket
kept, held = [], 0
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(300):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000_000)
    one.bind(("127.0.0.1", 0))
    one.setblocking(False)
    kept.append(one)
    for _ in range(20):
        try: sender.sendto(bytes(60_000), one.getsockname())
        except OSError: pass
for one in kept:
    try:
        while True: held += len(one.recv(65_536))
    except OSError: pass
print(held // 1_000_000, flush=True)
`,
  options: { limits: { memoryBytes: 512 * 1024 * 1024 } },
  // Without cgroups only the machine's own ceiling for datagrams bounds them.
  verdict: ({ level }) =>
    level === 1 ? { stdout: /^(\d|\d\d|1[0-2]\d)\n$/ } : { reason: ["exit", "timeout_cpu"], exitCode: "any" },
};
