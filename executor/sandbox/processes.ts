import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { failedWith } from "./group-files.ts";

/** `USER_HZ` is 100 wherever `/proc` is read here. */
const TICK_US = 10_000;
const PAGE_BYTES = 4_096;
/** Far above what a sandbox may hold: bounds the walk while processes come and go. */
const MAX_PROCESSES = 1_024;

interface Stat {
  readonly threads: number;
  readonly startTicks: number;
  readonly ownCpuUs: number;
  readonly reapedCpuUs: number;
  readonly residentBytes: number;
}

const unlessGone = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch (error) {
    if (failedWith(error, "ENOENT", "ESRCH")) return otherwise;
    throw error;
  }
};

const parseStat = (text: string): Stat => {
  // The name may hold spaces and brackets: fields are counted from the last bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (index: number): number => Number(fields[index] ?? 0);
  return {
    threads: field(17),
    startTicks: field(19),
    ownCpuUs: (field(11) + field(12)) * TICK_US,
    reapedCpuUs: (field(13) + field(14)) * TICK_US,
    residentBytes: field(21) * PAGE_BYTES,
  };
};

const buffer = Buffer.alloc(64 * 1024);

/** In one read: a look at hundreds of processes is made of little else than calls into the kernel. */
const readShort = (path: string): string => {
  const file = openSync(path, "r");
  try {
    return buffer.toString("latin1", 0, readSync(file, buffer));
  } finally {
    closeSync(file);
  }
};

const readStat = (pid: number): Stat | null =>
  unlessGone(() => parseStat(readShort(`/proc/${pid}/stat`)), null);

/** When a process started, in ticks since boot: with its pid, a name that is never used twice. */
export const processStartTicks = (pid: number): number | null => readStat(pid)?.startTicks ?? null;

/** Children of every thread: a fork belongs to the thread that made it. */
const childrenOf = (pid: number, { threads }: Stat): readonly number[] =>
  (threads === 1 ? [String(pid)] : unlessGone(() => readdirSync(`/proc/${pid}/task`), []))
    .flatMap((thread) => unlessGone(() => readShort(`/proc/${pid}/task/${thread}/children`), "").split(" "))
    .filter((text) => text !== "")
    .map(Number);

const walk = (root: number): ReadonlyMap<number, Stat> => {
  const found = new Map<number, Stat>();
  const pending = [root];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    if (found.has(pid) || found.size >= MAX_PROCESSES) continue;
    const stat = readStat(pid);
    if (stat === null) continue;
    found.set(pid, stat);
    pending.push(...childrenOf(pid, stat));
  }
  return found;
};

/** Every process below one, itself not counted. */
export const descendantsOf = (root: number): readonly number[] => [...walk(root).keys()].slice(1);

/** The oldest living child of a process of one thread; null while it has none. */
export const firstChildOf = (pid: number): number | null => {
  const [first = ""] = unlessGone(() => readShort(`/proc/${pid}/task/${pid}/children`), "").split(" ");
  return first === "" ? null : Number(first);
};

const residentShare = async (pid: number, residentBytes: number): Promise<number> => {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
  } catch (error) {
    if (failedWith(error, "ENOENT", "ESRCH")) return 0;
    // A process may forbid the look: then its pages count in full.
    if (failedWith(error, "EACCES", "EPERM")) return residentBytes;
    throw error;
  }
};

/**
 * Memory of a process and all its descendants, pages that several of them share counted once, up to the first
 * sum above `enoughBytes`. The kernel makes the reader wait for a lock of each process, which one that is just
 * forking holds for as long as it likes: so this never happens on the event loop, and one process at a time.
 */
export const treeMemoryBytes = async (root: number, enoughBytes: number): Promise<number> => {
  let sum = 0;
  for (const [pid, { residentBytes }] of walk(root)) {
    sum += await residentShare(pid, residentBytes);
    if (sum > enoughBytes) break;
  }
  return sum;
};

export interface TreeUsage {
  readonly cpuUs: number;
  readonly residentBytes: number;
}

/**
 * Follows a sandbox's processes from its first one (complete, because orphans fall to that one). A child
 * whose parent ignores SIGCHLD vanishes from the parent's sums, and one that lived between two looks is
 * only in them: CPU time is the larger of both views, and never falls.
 */
export const createTreeMeter = (root: number): (() => TreeUsage) => {
  const seen = new Map<string, number>();
  let highestCpuUs = 0;
  return () => {
    let inSumsUs = 0;
    let residentBytes = 0;
    for (const [pid, stat] of walk(root)) {
      inSumsUs += stat.ownCpuUs + stat.reapedCpuUs;
      residentBytes += stat.residentBytes;
      seen.set(`${pid}.${stat.startTicks}`, stat.ownCpuUs);
    }
    const seenUs = [...seen.values()].reduce((sum, value) => sum + value, 0);
    highestCpuUs = Math.max(highestCpuUs, inSumsUs, seenUs);
    return { cpuUs: highestCpuUs, residentBytes };
  };
};
