import { describe, expect, it } from "vitest";
import {
  ALLOW,
  assembleFilter,
  auditArchitecture,
  EAFNOSUPPORT,
  ENOSYS,
  EPERM,
  EPROTONOSUPPORT,
  encodeFilter,
  IDLE,
  KILL_PROCESS,
  refuse,
} from "../../../executor/sandbox/seccomp-filter.ts";
import {
  allowedSyscalls,
  deniedSyscalls,
  idleSyscalls,
  inspectedSyscalls,
} from "../../../executor/sandbox/syscalls.ts";
import { runFilter } from "../support/bpf-interpreter.ts";

const namespaceBits = [
  0x80, 0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
];

describe.each(["x86_64", "aarch64"] as const)("the filter for %s", (architecture) => {
  const filter = assembleFilter(architecture);
  const call = (number: number, ...args: bigint[]): number =>
    runFilter(filter, { architecture: auditArchitecture[architecture], number, args });

  it("allows every listed call and refuses every denied one with EPERM", () => {
    for (const { number } of allowedSyscalls) {
      const nr = number[architecture];
      if (nr !== null) expect(call(nr)).toBe(ALLOW);
    }
    for (const { number } of deniedSyscalls) {
      const nr = number[architecture];
      if (nr !== null) expect(call(nr)).toBe(refuse(EPERM));
    }
  });

  it("names no call in two lists", () => {
    const names = [...allowedSyscalls, ...deniedSyscalls, ...idleSyscalls].map(({ name }) => name);
    names.push(...Object.keys(inspectedSyscalls));
    expect(new Set(names).size).toBe(names.length);
  });

  it("answers ENOSYS to clone3 and to calls that it does not know", () => {
    for (const number of [435, 600, 5_000, 0x3fff_ffff]) expect(call(number)).toBe(refuse(ENOSYS));
  });

  it("kills callers of every other ABI", () => {
    for (const other of [0x4000_0003, 0xc000_00f3, 0]) {
      expect(runFilter(filter, { architecture: other, number: 1 })).toBe(KILL_PROCESS);
    }
  });

  it.each(namespaceBits)("refuses clone with the namespace bit %i, alone and among others", (bit) => {
    const clone = inspectedSyscalls.clone[architecture];
    expect(call(clone, BigInt(bit))).toBe(refuse(EPERM));
    expect(call(clone, BigInt(bit) | 0x1200011n)).toBe(refuse(EPERM));
  });

  it("allows clone as fork and as thread", () => {
    const clone = inspectedSyscalls.clone[architecture];
    expect(call(clone, 0x1200011n)).toBe(ALLOW);
    expect(call(clone, 0x3d0f00n)).toBe(ALLOW);
  });

  it("refuses to stuff a terminal and to change its discipline, also with the high bits set", () => {
    const ioctl = inspectedSyscalls.ioctl[architecture];
    for (const request of [0x5412n, 0x541cn, 0x5423n, (1n << 32n) | 0x5412n, (1n << 32n) | 0x5423n]) {
      expect(call(ioctl, 0n, request)).toBe(refuse(EPERM));
    }
    expect(call(ioctl, 0n, 0x5401n)).toBe(ALLOW);
  });

  it("allows sockets of three families, and netlink for routes", () => {
    const socket = inspectedSyscalls.socket[architecture];
    for (let family = 0; family < 70; family += 1) {
      const expected = [1, 2, 10, 16].includes(family) ? ALLOW : refuse(EAFNOSUPPORT);
      expect(call(socket, BigInt(family))).toBe(expected);
      expect(call(socket, (1n << 32n) | BigInt(family))).toBe(expected);
    }
  });

  it("refuses netlink for anything but routes", () => {
    const socket = inspectedSyscalls.socket[architecture];
    expect(call(socket, 16n, 3n, 0n)).toBe(ALLOW);
    for (let protocol = 1n; protocol < 32n; protocol += 1n)
      expect(call(socket, 16n, 3n, protocol)).toBe(refuse(EPROTONOSUPPORT));
  });

  it("refuses to make devices, whatever else the mode says", () => {
    const mknod = inspectedSyscalls.mknod[architecture];
    const mknodat = inspectedSyscalls.mknodat[architecture];
    const judge = (mode: bigint) =>
      [call(mknodat, 0n, 0n, mode), ...(mknod === null ? [] : [call(mknod, 0n, mode)])].map(
        (verdict) => verdict === ALLOW,
      );
    for (const more of [0n, 0o7777n, 1n << 32n]) {
      for (const device of [0x2000n, 0x6000n, 0x4000n, 0xa000n, 0xf000n])
        expect(judge(device | more)).not.toContain(true);
      for (const plain of [0n, 0x1000n, 0x8000n, 0xc000n]) expect(judge(plain | more)).not.toContain(false);
    }
  });

  it("refuses protocols that reach other code than TCP and UDP", () => {
    const socket = inspectedSyscalls.socket[architecture];
    for (const protocol of [33n, 132n, 136n, 262n, (1n << 32n) | 262n]) {
      expect(call(socket, 2n, 1n, protocol)).toBe(refuse(EPROTONOSUPPORT));
    }
    for (const protocol of [0n, 6n, 17n]) expect(call(socket, 10n, 1n, protocol)).toBe(ALLOW);
  });

  it("lets files be watched for changes, and not for who reads them", () => {
    const watch = inspectedSyscalls.inotify_add_watch[architecture];
    for (const mask of [0x1n, 0x10n, 0x20n, 0xfffn, 0x20n | (1n << 32n)]) {
      expect(call(watch, 3n, 0n, mask)).toBe(refuse(EPERM));
    }
    // What Node's fs.watch asks for, and what tail does.
    for (const mask of [0xfc6n, 0x402n]) expect(call(watch, 3n, 0n, mask)).toBe(ALLOW);
    const fcntl = inspectedSyscalls.fcntl[architecture];
    expect(call(fcntl, 3n, 1026n)).toBe(refuse(EPERM));
    expect(call(fcntl, 3n, (7n << 32n) | 1026n)).toBe(refuse(EPERM));
    for (const command of [0n, 1n, 2n, 3n, 4n, 6n, 1030n, 1031n])
      expect(call(fcntl, 3n, command)).toBe(ALLOW);
  });

  it("lets nobody empty the page cache, and takes other advice", () => {
    const fadvise = inspectedSyscalls.fadvise64[architecture];
    expect(call(fadvise, 3n, 0n, 0n, 4n)).toBe(refuse(EPERM));
    expect(call(fadvise, 3n, 0n, 0n, 2n)).toBe(ALLOW);
    const madvise = inspectedSyscalls.madvise[architecture];
    for (const advice of [20n, 21n]) expect(call(madvise, 0n, 0n, advice)).toBe(refuse(EPERM));
    for (const advice of [0n, 4n, 8n, 14n]) expect(call(madvise, 0n, 0n, advice)).toBe(ALLOW);
  });

  it("says that files are written out, and flushes no disk", () => {
    for (const { number } of idleSyscalls) expect(call(number[architecture] ?? 0, 3n)).toBe(IDLE);
    const msync = inspectedSyscalls.msync[architecture];
    expect(call(msync, 0n, 0n, 4n)).toBe(IDLE);
    expect(call(msync, 0n, 0n, 1n)).toBe(ALLOW);
  });

  it("allows the harmless personalities and the query", () => {
    const personality = inspectedSyscalls.personality[architecture];
    for (const value of [0n, 8n, 0x20000n, 0xffffffffn]) expect(call(personality, value)).toBe(ALLOW);
    for (const value of [0x40000n, 0x400000n, 1n]) expect(call(personality, value)).toBe(refuse(EPERM));
  });

  it("encodes to eight bytes an instruction, within the kernel's limit", () => {
    expect(encodeFilter(filter)).toHaveLength(filter.length * 8);
    expect(filter.length).toBeLessThan(4_096);
  });
});

it("kills callers of the x32 ABI", () => {
  const filter = assembleFilter("x86_64");
  const x32 = { architecture: auditArchitecture.x86_64, number: 0x4000_0000 };
  expect(runFilter(filter, x32)).toBe(KILL_PROCESS);
  expect(runFilter(filter, { ...x32, number: 0xffff_ffff })).toBe(KILL_PROCESS);
});
