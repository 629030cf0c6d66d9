import { type PoolEntry, poolEntrySchema } from "../src/domain/pool/types.ts";
import { createWaitingList, type WaitingList } from "../src/domain/pool/waiting-list.ts";
import type { Logger } from "../src/domain/ports/logger.ts";
import { NewerSchema } from "../src/domain/stored.ts";

const PREFIX = "wait/";

/**
 * The jobs that wait, in memory and, from `keep` on, in storage as well: one that is placed at once is never
 * written, because its queue message is acknowledged only when it has a place.
 */
export class PoolWaiting {
  readonly #kv: DurableObjectStorage["kv"];
  readonly #log: Logger;
  readonly #kept = new Set<string>();
  readonly #left: (objectId: string) => void;
  #list: WaitingList | null = null;

  /** `left` is told of each entry that waits no more. */
  constructor(storage: DurableObjectStorage, log: Logger, left: (objectId: string) => void) {
    this.#kv = storage.kv;
    this.#log = log;
    this.#left = left;
  }

  /** The list, read from storage when the object was woken. */
  get list(): WaitingList {
    if (this.#list !== null) return this.#list;
    const list = createWaitingList();
    for (const [name, stored] of this.#kv.list<object>({ prefix: PREFIX })) {
      const entry = this.#read(stored);
      if (entry !== null) list.add(entry);
      this.#kept.add(name.slice(PREFIX.length));
    }
    this.#list = list;
    return list;
  }

  /** One that only a later version of the service can read is left to its job, which asks again. */
  #read(stored: object): PoolEntry | null {
    try {
      return poolEntrySchema.read(stored);
    } catch (error) {
      if (!(error instanceof NewerSchema)) throw error;
      this.#log.error("pool.entry_refused", error);
      return null;
    }
  }

  /** Stores an entry that goes on waiting. */
  keep(entry: PoolEntry): void {
    if (this.#kept.has(entry.objectId)) return;
    this.#kv.put(PREFIX + entry.objectId, poolEntrySchema.stamp(entry));
    this.#kept.add(entry.objectId);
  }

  /** Forgets an entry that has its place, or needs none any more. */
  drop(objectId: string): void {
    this.list.remove(objectId);
    this.#left(objectId);
    if (!this.#kept.delete(objectId)) return;
    this.#kv.delete(PREFIX + objectId);
  }
}
