import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "connects to the executor on the machine's loopback",
  source: `
from probe import *
import socket, sys
print(tried(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)))
`,
  options: ({ port }) => ({ args: [String(port)] }),
  verdict: { stdout: "ECONNREFUSED\n" },
};
