import type { Usage } from "./job-group.ts";
import { createTreeMeter, treeMemoryBytes } from "./processes.ts";

/** Between two counts of what processes share, which cost much more than a look at each. */
const RECOUNT_MS = 200;

/** Counts, one at a time and not on the event loop, what a tree of processes holds together. */
const createSharedCount = (topPid: () => number | null) => {
  let countedBytes = 0;
  let isCounting = false;
  let nextMs = 0;
  const count = async (enoughBytes: number): Promise<void> => {
    isCounting = true;
    try {
      const top = topPid();
      if (top !== null) countedBytes = await treeMemoryBytes(top, enoughBytes);
    } finally {
      isCounting = false;
      nextMs = performance.now() + RECOUNT_MS;
    }
  };
  return (enoughBytes: number): number => {
    if (!isCounting && performance.now() >= nextMs) void count(enoughBytes);
    return countedBytes;
  };
};

const meterOf = (pid: number | null) => (pid === null ? null : createTreeMeter(pid));

/** What watches a sandbox. */
export interface Guard {
  limitMemory(bytes: number): void;
  usage(): Usage;
}

/**
 * Stands in for a group: looks at the processes themselves whenever it is asked. The sum of what each holds
 * is never too small; where it passes the limit, the pages that they share decide. `topPid` is null until there is one.
 */
export const createPolledGuard = (topPid: () => number | null): Guard => {
  let read: ReturnType<typeof createTreeMeter> | null = null;
  let limitBytes = Number.POSITIVE_INFINITY;
  let peakBytes = 0;
  const countShared = createSharedCount(topPid);
  return {
    limitMemory: (bytes) => {
      limitBytes = bytes;
    },
    usage: () => {
      read ??= meterOf(topPid());
      if (read === null) return { cpuUs: 0, memoryPeakBytes: 0, oomKills: 0 };
      const { cpuUs, residentBytes } = read();
      const memoryBytes = residentBytes > limitBytes ? countShared(limitBytes) : residentBytes;
      peakBytes = Math.max(peakBytes, memoryBytes);
      return { cpuUs, memoryPeakBytes: peakBytes, oomKills: memoryBytes > limitBytes ? 1 : 0 };
    },
  };
};
