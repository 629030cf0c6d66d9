import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "calls through the i386 ABI",
  source: `
from probe import *
import mmap
if os.uname().machine != "x86_64": os.kill(os.getpid(), 31)
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")
function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
print("open", function())
`,
  verdict: { reason: "signal", exitCode: 159, stdout: "" },
};
