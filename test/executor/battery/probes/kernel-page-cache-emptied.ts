import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "throws the machine's programs out of the cache that all jobs share",
  source: `
from probe import *
import mmap
shared = os.open("/usr/bin/python3", os.O_RDONLY)
print(tried(lambda: os.posix_fadvise(shared, 0, 0, os.POSIX_FADV_DONTNEED)), tried(lambda: os.posix_fadvise(shared, 0, 0, os.POSIX_FADV_SEQUENTIAL)))
pages = mmap.mmap(shared, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
print([tried(lambda: pages.madvise(advice)) for advice in (20, 21, mmap.MADV_WILLNEED)])
print(tried(lambda: open("/proc/sys/vm/drop_caches", "w").write("3")))
`,
  verdict: { stdout: /^EPERM open\n\['EPERM', 'EPERM', 'open'\]\nE\w+\n$/ },
};
