import type { PoolEntry, PoolExecutor } from "./types.ts";

/** What the pool counts for an entry on an executor: one that runs alone fills it. */
export const memoryFor = (entry: PoolEntry, executor: PoolExecutor): number =>
  entry.alone ? executor.memoryMb : entry.memoryMb;

/** Whether an executor could hold the entry if it held nothing else. */
export const isCapable = (entry: PoolEntry, executor: PoolExecutor): boolean =>
  executor.state === "joined" &&
  executor.protocol >= entry.protocol &&
  executor.memoryMb >= entry.memoryMb &&
  executor.environments.includes(entry.environment) &&
  (entry.language === null || executor.languages.includes(entry.language));

export const hasSlot = ({ held, slots }: PoolExecutor): boolean => held < slots;

/** Whether a capable executor has room for the entry now. */
export const hasRoom = (entry: PoolEntry, executor: PoolExecutor): boolean =>
  hasSlot(executor) &&
  (entry.alone ? executor.held === 0 : executor.memoryMb - executor.heldMemoryMb >= entry.memoryMb);

const loadOf = ({ held, slots }: PoolExecutor): number => held / slots;

/** Hosts before containers; the least loaded host, the fullest container; the longest joined among equals. */
const isBetter = (one: PoolExecutor, other: PoolExecutor): boolean => {
  if (one.kind !== other.kind) return one.kind === "host";
  const difference = loadOf(one) - loadOf(other);
  if (difference !== 0) return one.kind === "host" ? difference < 0 : difference > 0;
  return one.joinedAtMs < other.joinedAtMs;
};

/** The executor that is to be offered an entry, among those that have room for it; null for none. */
export const choose = (candidates: readonly PoolExecutor[]): PoolExecutor | null => {
  let best: PoolExecutor | null = null;
  for (const candidate of candidates) if (best === null || isBetter(candidate, best)) best = candidate;
  return best;
};
