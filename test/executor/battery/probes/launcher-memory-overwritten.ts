import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "opens the memory of the process that runs it",
  source: `
from probe import *
paths = ["mem", "maps", "smaps", "syscall", "environ", "auxv", "stack", "pagemap", "map_files", "io", "personality"]
print({tried(lambda: os.listdir(f"/proc/1/{p}") if p == "map_files" else open(f"/proc/1/{p}", "rb").read(1)) for p in paths})
print(tried(lambda: open("/proc/1/mem", "r+b", buffering=0)))
`,
  verdict: { stdout: /^\{'EACCES'(, 'EPERM')?\}\nEACCES\n$|^\{'EPERM', 'EACCES'\}\nEACCES\n$/ },
};
