import type { PoolEntry } from "../src/domain/pool/types.ts";
import { createWaitingList, type WaitingList } from "../src/domain/pool/waiting-list.ts";

const PREFIX = "wait/";

/**
 * The jobs that wait, in memory and, from `keep` on, in storage as well: one that is placed at once is never
 * written, because its queue message is acknowledged only when it has a place.
 */
export class PoolWaiting {
  readonly #kv: DurableObjectStorage["kv"];
  readonly #kept = new Set<string>();
  readonly #left: (objectId: string) => void;
  #list: WaitingList | null = null;

  /** `left` is told of each entry that waits no more. */
  constructor(storage: DurableObjectStorage, left: (objectId: string) => void) {
    this.#kv = storage.kv;
    this.#left = left;
  }

  /** The list, read from storage when the object was woken. */
  get list(): WaitingList {
    if (this.#list !== null) return this.#list;
    const list = createWaitingList();
    for (const [, entry] of this.#kv.list<PoolEntry>({ prefix: PREFIX })) {
      list.add(entry);
      this.#kept.add(entry.objectId);
    }
    this.#list = list;
    return list;
  }

  /** Stores an entry that goes on waiting. */
  keep(entry: PoolEntry): void {
    if (this.#kept.has(entry.objectId)) return;
    this.#kv.put(PREFIX + entry.objectId, entry);
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
