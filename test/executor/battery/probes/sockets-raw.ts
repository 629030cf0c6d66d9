import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens raw sockets",
  source: `
from probe import *
import socket
print(tried(lambda: socket.socket(2, 3, 1)), tried(lambda: socket.socket(10, 3, 58)), tried(lambda: socket.socket(17, 3, 3)))
`,
  verdict: { stdout: "EPERM EPERM EAFNOSUPPORT\n" },
};
