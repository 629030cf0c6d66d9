import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "asks for a name",
  source: `
from probe import *
import socket
try:
    socket.getaddrinfo("example.com", 80)
    print("open")
except socket.gaierror: print("no answer")
`,
  verdict: { stdout: "no answer\n" },
};
