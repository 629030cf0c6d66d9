import {
  type Architecture,
  allowedSyscalls,
  deniedSyscalls,
  idleSyscalls,
  inspectedSyscalls,
} from "../../../executor/sandbox/syscalls.ts";

const architecture: Architecture = process.arch === "arm64" ? "aarch64" : "x86_64";

const numbers = (): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const { name, number } of [...deniedSyscalls, ...allowedSyscalls, ...idleSyscalls]) {
    const value = number[architecture];
    if (value !== null) found[name] = value;
  }
  for (const [name, number] of Object.entries(inspectedSyscalls)) {
    const value = number[architecture];
    if (value !== null) found[name] = value;
  }
  return found;
};

/**
 * A module that probes import: `tried(f)` names the error that a call ends with, or says `open`;
 * `syscall(name, ...)` does the same for a raw system call.
 */
export const pythonHelpers = `
import ctypes, errno, json, os
NR = json.loads('${JSON.stringify(numbers())}')
libc = ctypes.CDLL(None, use_errno=True)
def name(number): return errno.errorcode.get(number, str(number))
def tried(call):
    try:
        call()
        return "open"
    except OSError as error:
        return name(error.errno)
def syscall(which, *arguments):
    number = NR.get(which, which)
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return "open" if result >= 0 else name(ctypes.get_errno())
def write(path, text):
    with open(path, "w") as file: file.write(text)
def read(path):
    with open(path, "rb") as file: return file.read()
`;
