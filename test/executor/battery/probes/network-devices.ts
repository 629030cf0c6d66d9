import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "finds a network device other than its own loopback",
  source: `
from probe import *
import socket
print([device for _, device in socket.if_nameindex()])
`,
  verdict: { stdout: "['lo']\n" },
};
