import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "ends while sockets linger with bytes that nobody reads, some of them passed on as descriptors",
  source: `
from probe import *
import array, socket, struct
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(200)
left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
kept = []
for number in range(100):
    one = socket.create_connection(server.getsockname()); other, _ = server.accept()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
    one.setblocking(False)
    try:
        while True: one.send(bytes(65_536))
    except OSError: pass
    if number < 8: left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [one.fileno()]))])
    kept += [one, other]
write("out", "x")
print("left", flush=True)
os._exit(0)
`,
  verdict: {
    stdout: "left\n",
    outputs: ["out"],
    also: ({ finished }) => {
      if (finished.wallTimeMs > 10_000) throw new Error(`it took ${finished.wallTimeMs} ms to end`);
    },
  },
};
