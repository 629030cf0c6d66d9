import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "connects to an abstract socket of the machine",
  source: `
from probe import *
import socket, sys
client = socket.socket(socket.AF_UNIX)
print(tried(lambda: client.connect("\\0" + sys.argv[1])))
`,
  options: ({ abstractSocket }) => ({ args: [abstractSocket] }),
  verdict: { stdout: "ECONNREFUSED\n" },
};
