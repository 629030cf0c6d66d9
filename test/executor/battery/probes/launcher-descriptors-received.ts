import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "sends a lingering socket as a descriptor over each descriptor that it has",
  source: `
from probe import *
import array, socket, struct
lingering = socket.socket()
lingering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 20))
message = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [lingering.fileno()]))]
def send(fd):
    with socket.socket(fileno=os.dup(fd)) as channel: channel.sendmsg([b"x"], message)
print({tried(lambda: send(fd)) for fd in (0, 1, 2)})
`,
  verdict: { stdout: "{'ENOTSOCK'}\n" },
};
