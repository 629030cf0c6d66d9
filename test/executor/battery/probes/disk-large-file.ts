import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "makes a file of ten terabytes",
  source: `
from probe import *
def grow():
    with open("/job/huge", "wb") as file: file.truncate(10 ** 13)
print(tried(grow))
`,
  verdict: { outputs: ["huge"], stdout: "EFBIG\n" },
};
