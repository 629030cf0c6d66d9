import type { Grudges } from "./grudges.ts";
import { choose, hasRoom, hasSlot, isCapable } from "./room.ts";
import type { PoolEntry, PoolExecutor } from "./types.ts";
import type { WaitingList } from "./waiting-list.ts";

/** An entry and the executor that is to be offered it. */
export type Placing = { readonly entry: PoolEntry; readonly executor: PoolExecutor };

type Look = {
  readonly executors: readonly PoolExecutor[];
  readonly grudges: Grudges;
  readonly now: number;
};

/** Jobs that were passed over for want of memory for too long each keep one executor for themselves. */
const reservations = (waiting: WaitingList, { executors, grudges, now }: Look): Map<string, PoolEntry> => {
  const reserved = new Map<string, PoolEntry>();
  const impatient = grudges.impatient(now).map((objectId) => waiting.get(objectId));
  const oldestFirst = impatient
    .filter((entry) => entry !== null)
    .toSorted((one, other) => one.createdAtMs - other.createdAtMs);
  for (const entry of oldestFirst) {
    const freeMb = ({ memoryMb, heldMemoryMb }: PoolExecutor): number => memoryMb - heldMemoryMb;
    const [freest] = executors
      .filter((executor) => isCapable(entry, executor) && !reserved.has(executor.instance))
      .toSorted((one, other) => freeMb(other) - freeMb(one));
    if (freest !== undefined) reserved.set(freest.instance, entry);
  }
  return reserved;
};

/** A reservation keeps others away, but not an older one of the same client, which goes first wherever it fits. */
const isOpenTo = (entry: PoolEntry, holder: PoolEntry | undefined): boolean =>
  holder === undefined ||
  holder.objectId === entry.objectId ||
  (holder.turn === entry.turn && entry.createdAtMs < holder.createdAtMs);

/** Executors of an entry that is not to meet the one its last attempt died with, where there is another. */
const withoutAvoided = (entry: PoolEntry, capable: readonly PoolExecutor[]): readonly PoolExecutor[] => {
  const others = capable.filter(({ instance }) => instance !== entry.avoid);
  return others.length > 0 ? others : capable;
};

/** Entries of one shape find the same executors, unless something of their own stands in the way. */
const shapeOf = (entry: PoolEntry): string =>
  `${entry.memoryMb} ${entry.environment} ${entry.language ?? ""} ${entry.protocol} ${entry.alone} ${entry.avoid ?? ""}`;

/**
 * The next placing, or null when nothing that waits finds room. None is placed before an older one of its
 * client that the same executor could take; clients take turns. An entry that only lacks memory is noted in
 * `grudges`, and after `PATIENCE_MS` keeps an executor to itself until it fits.
 */
export const nextPlacing = (waiting: WaitingList, look: Look): Placing | null => {
  const { executors, grudges, now } = look;
  if (waiting.size === 0 || !executors.some(hasSlot)) return null;
  const reserved = reservations(waiting, look);
  const hopeless = new Set<string>();
  for (const entry of waiting.inOrder()) {
    const shape = shapeOf(entry);
    if (hopeless.has(shape)) continue;
    const capable = withoutAvoided(
      entry,
      executors.filter((executor) => isCapable(entry, executor)),
    );
    const isOpen = ({ instance }: PoolExecutor): boolean => isOpenTo(entry, reserved.get(instance));
    const roomy = capable.filter((executor) => isOpen(executor) && hasRoom(entry, executor));
    const executor = choose(
      roomy.filter(({ instance }) => !grudges.isExcluded(entry.objectId, instance, now)),
    );
    if (executor !== null) return { entry, executor };
    if (roomy.length > 0) continue;
    if (capable.some((one) => hasSlot(one) && !hasRoom(entry, one))) grudges.passedOver(entry.objectId, now);
    // A reservation is for one job, so that those of its shape do not find the same.
    if (reserved.size === 0) hopeless.add(shape);
  }
  return null;
};
