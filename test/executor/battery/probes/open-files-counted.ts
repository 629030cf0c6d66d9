import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens files until it may not",
  source: `
from probe import *
files = []
def open_all():
    while True: files.append(os.open("/dev/null", os.O_RDONLY))
print(tried(open_all), 300 < len(files) <= 1024)
`,
  verdict: { stdout: "EMFILE True\n" },
};
