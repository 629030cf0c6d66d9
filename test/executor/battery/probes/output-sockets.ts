import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves a socket",
  source: `
from probe import *
import socket
server = socket.socket(socket.AF_UNIX); server.bind("socket")
write("file", "x")
`,
  verdict: { outputs: ["file"] },
};
