import {
  type Architecture,
  allowedSyscalls,
  deniedSyscalls,
  idleSyscalls,
  inspectedSyscalls,
} from "./syscalls.ts";

/** One classic BPF instruction (`struct sock_filter`): jump offsets count from the next instruction. */
export interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

export const LOAD_WORD = 0x20;
export const JUMP_EQUAL = 0x15;
export const JUMP_GREATER_EQUAL = 0x35;
export const JUMP_ANY_BIT = 0x45;
export const AND_WORD = 0x54;
export const RETURN = 0x06;

export const ALLOW = 0x7fff_0000;
export const KILL_PROCESS = 0x8000_0000;
export const refuse = (errno: number): number => 0x0005_0000 | errno;
/** The call is not made, and answers 0. */
export const IDLE = refuse(0);

export const EPERM = 1;
export const ENOSYS = 38;
export const EPROTONOSUPPORT = 93;
export const EAFNOSUPPORT = 97;

/** Offsets in `struct seccomp_data`; an argument's low half comes first on both architectures. */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

export const auditArchitecture: Readonly<Record<Architecture, number>> = {
  x86_64: 0xc000_003e,
  aarch64: 0xc000_00b7,
};
const X32_BIT = 0x4000_0000;

/** CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const CLONE_NAMESPACES = 0x7e02_0080;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const TIOCSETD = 0x5423;
const socketFamilies = [1, 2, 10]; // AF_UNIX, AF_INET, AF_INET6
/** Lists of interfaces and addresses; changing anything with it needs a capability that nobody has in there. */
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
/** The bits of a mode that say what a file is, and what may be made: nothing, FIFO, plain file, socket. */
const FILE_TYPE = 0xf000;
const plainTypes = [0, 0x1000, 0x8000, 0xc000];
const refusedProtocols = [33, 132, 136, 262]; // DCCP, SCTP, UDP-Lite, MPTCP
/** IN_ACCESS, IN_CLOSE_NOWRITE and IN_OPEN: on files that jobs share, they show what other jobs do. */
const INOTIFY_OF_READERS = 0x31;
/** The older form of inotify. */
const F_NOTIFY = 1026;
/** Both take pages from the cache that all jobs share; on a job's own files, which lie in memory, they do nothing. */
const POSIX_FADV_DONTNEED = 4;
const madvisePageout = [20, 21]; // MADV_COLD, MADV_PAGEOUT
const MS_SYNC = 4;
/** PER_LINUX, PER_LINUX32, both with UNAME26, and the query. */
const personalities = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

const step = (code: number, k: number, jumpTrue = 0, jumpFalse = 0): Instruction => ({
  code,
  jumpTrue,
  jumpFalse,
  k,
});
const answer = (verdict: number): Instruction => step(RETURN, verdict);

/** Verdict for one call number; the loaded word stays in place for the next check. */
const onCall = (number: number, verdict: number): Instruction[] => [
  step(JUMP_EQUAL, number, 0, 1),
  answer(verdict),
];

/** `body` must end in a return on every path: it replaces the loaded call number. */
const inspect = (number: number | null, argument: number, body: readonly Instruction[]): Instruction[] =>
  number === null
    ? []
    : [step(JUMP_EQUAL, number, 0, body.length + 1), step(LOAD_WORD, argumentAt(argument)), ...body];

const onlyValues = (
  values: readonly number[],
  otherwise: number,
  then: readonly Instruction[] = [answer(ALLOW)],
): Instruction[] => [
  ...values.map((value, index) => step(JUMP_EQUAL, value, values.length - index, 0)),
  answer(otherwise),
  ...then,
];

const exceptValues = (values: readonly number[], refusal: number): Instruction[] => [
  ...values.map((value, index) => step(JUMP_EQUAL, value, values.length - index, 0)),
  answer(ALLOW),
  answer(refusal),
];

/** A node that is no device. */
const plainNode = (): Instruction[] => [step(AND_WORD, FILE_TYPE), ...onlyValues(plainTypes, refuse(EPERM))];

/** Netlink for routes, then what the other families allow. */
const socketBody = (): Instruction[] => {
  const route = [step(LOAD_WORD, argumentAt(2)), ...onlyValues([NETLINK_ROUTE], refuse(EPROTONOSUPPORT))];
  return [
    step(JUMP_EQUAL, AF_NETLINK, 0, route.length),
    ...route,
    ...onlyValues(socketFamilies, refuse(EAFNOSUPPORT), [
      step(LOAD_WORD, argumentAt(2)),
      ...exceptValues(refusedProtocols, refuse(EPROTONOSUPPORT)),
    ]),
  ];
};

/** `verdict` where any of these bits is set. */
const withoutBits = (bits: number, verdict: number): Instruction[] => [
  step(JUMP_ANY_BIT, bits, 0, 1),
  answer(verdict),
  answer(ALLOW),
];

/**
 * Arguments are compared on their low 32 bits because the kernel truncates them to that: a comparison of
 * all 64 would let `(1 << 32) | TIOCSTI` pass.
 */
const inspections = (architecture: Architecture): Instruction[] => [
  ...inspect(inspectedSyscalls.clone[architecture], 0, withoutBits(CLONE_NAMESPACES, refuse(EPERM))),
  ...inspect(
    inspectedSyscalls.inotify_add_watch[architecture],
    2,
    withoutBits(INOTIFY_OF_READERS, refuse(EPERM)),
  ),
  ...inspect(inspectedSyscalls.msync[architecture], 2, withoutBits(MS_SYNC, IDLE)),
  ...inspect(inspectedSyscalls.fcntl[architecture], 1, exceptValues([F_NOTIFY], refuse(EPERM))),
  ...inspect(
    inspectedSyscalls.fadvise64[architecture],
    3,
    exceptValues([POSIX_FADV_DONTNEED], refuse(EPERM)),
  ),
  ...inspect(inspectedSyscalls.madvise[architecture], 2, exceptValues(madvisePageout, refuse(EPERM))),
  ...inspect(
    inspectedSyscalls.ioctl[architecture],
    1,
    exceptValues([TIOCSTI, TIOCLINUX, TIOCSETD], refuse(EPERM)),
  ),
  ...inspect(inspectedSyscalls.socket[architecture], 0, socketBody()),
  ...inspect(inspectedSyscalls.mknod[architecture], 1, plainNode()),
  ...inspect(inspectedSyscalls.mknodat[architecture], 2, plainNode()),
  ...inspect(inspectedSyscalls.personality[architecture], 0, onlyValues(personalities, refuse(EPERM))),
];

const listed = (table: typeof allowedSyscalls, architecture: Architecture, verdict: number): Instruction[] =>
  table.flatMap(({ number }) => {
    const call = number[architecture];
    return call === null ? [] : onCall(call, verdict);
  });

/** The filter as instructions; calls of another ABI end the process. */
export const assembleFilter = (architecture: Architecture): readonly Instruction[] => [
  step(LOAD_WORD, ARCHITECTURE_AT),
  step(JUMP_EQUAL, auditArchitecture[architecture], 1, 0),
  answer(KILL_PROCESS),
  step(LOAD_WORD, NUMBER_AT),
  ...(architecture === "x86_64" ? [step(JUMP_GREATER_EQUAL, X32_BIT, 0, 1), answer(KILL_PROCESS)] : []),
  ...inspections(architecture),
  ...listed(allowedSyscalls, architecture, ALLOW),
  ...listed(deniedSyscalls, architecture, refuse(EPERM)),
  ...listed(idleSyscalls, architecture, IDLE),
  answer(refuse(ENOSYS)),
];

/** The filter as bubblewrap's `--seccomp` reads it: 8 bytes an instruction, little-endian. */
export const encodeFilter = (filter: readonly Instruction[]): Buffer => {
  const bytes = Buffer.alloc(filter.length * 8);
  filter.forEach(({ code, jumpTrue, jumpFalse, k }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  });
  return bytes;
};

/** The architecture that this process runs on. @throws where programs could not be held to their calls */
export const currentArchitecture = (): Architecture => {
  if (process.arch === "x64") return "x86_64";
  if (process.arch === "arm64") return "aarch64";
  throw new Error(`sandboxes are not made on ${process.arch}`);
};
