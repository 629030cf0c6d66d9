import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "hides its memory in System V segments",
  alone: true,
  source: `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for index in range(40):
    segment = libc.shmget(0, 20_000_000, 0o1600)
    if segment < 0: break
    at = libc.shmat(segment, None, 0)
    ctypes.memset(at, 1, 20_000_000)
print("had it all")
`,
  verdict: { reason: "memory", exitCode: null, stdout: "" },
};
