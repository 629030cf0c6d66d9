import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "connects outside",
  source: `
from probe import *
import socket
print(tried(lambda: socket.create_connection(("192.0.2.1", 80), 2)))
print(tried(lambda: socket.create_connection(("2001:db8::1", 80), 2)))
print(tried(lambda: socket.create_connection(("169.254.169.254", 80), 2)))
`,
  verdict: { stdout: "ENETUNREACH\nENETUNREACH\nENETUNREACH\n" },
};
