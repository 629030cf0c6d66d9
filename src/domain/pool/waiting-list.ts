import type { PoolEntry } from "./types.ts";

/** The jobs that wait: each client's by age, and clients in turn. */
export type WaitingList = {
  /** Adds an entry; one that is there keeps its older place, and learns what is new of it. */
  add(entry: PoolEntry): void;
  remove(objectId: string): PoolEntry | null;
  get(objectId: string): PoolEntry | null;
  readonly size: number;
  /** Entries in the order in which they may be placed: the next client's by age, then the one after. */
  inOrder(): Iterable<PoolEntry>;
  /** The entry's client has had its turn. */
  served(turn: string): void;
  /** Creation instants of all that wait, the oldest first. */
  instants(): readonly number[];
};

const byAge = (one: PoolEntry, other: PoolEntry): number =>
  one.createdAtMs - other.createdAtMs || (one.objectId < other.objectId ? -1 : 1);

const placeOf = (entries: readonly PoolEntry[], entry: PoolEntry): number => {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = entries[middle];
    if (at !== undefined && byAge(at, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const createWaitingList = (): WaitingList => {
  const entries = new Map<string, PoolEntry>();
  /** Clients in the order of their turns: the one that was served last stands last. */
  const turns = new Map<string, PoolEntry[]>();

  const insert = (entry: PoolEntry): void => {
    const mine = turns.get(entry.turn) ?? [];
    mine.splice(placeOf(mine, entry), 0, entry);
    turns.set(entry.turn, mine);
    entries.set(entry.objectId, entry);
  };
  const remove = (objectId: string): PoolEntry | null => {
    const entry = entries.get(objectId);
    if (entry === undefined) return null;
    entries.delete(objectId);
    const mine = turns.get(entry.turn) ?? [];
    mine.splice(placeOf(mine, entry), 1);
    if (mine.length === 0) turns.delete(entry.turn);
    return entry;
  };

  return {
    add: (entry) => {
      const present = remove(entry.objectId);
      const createdAtMs = Math.min(present?.createdAtMs ?? entry.createdAtMs, entry.createdAtMs);
      insert({ ...entry, createdAtMs });
    },
    remove,
    get: (objectId) => entries.get(objectId) ?? null,
    get size() {
      return entries.size;
    },
    *inOrder() {
      for (const mine of turns.values()) yield* mine;
    },
    served: (turn) => {
      const mine = turns.get(turn);
      if (mine === undefined) return;
      turns.delete(turn);
      turns.set(turn, mine);
    },
    instants: () => [...entries.values()].map(({ createdAtMs }) => createdAtMs).toSorted((a, b) => a - b),
  };
};
