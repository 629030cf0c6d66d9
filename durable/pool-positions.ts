import type { PoolDeps } from "../src/deps/types.ts";
import { placeAmong } from "../src/domain/pool/summary.ts";
import type { WaitingList } from "../src/domain/pool/waiting-list.ts";

/** Jobs hear of their place at most this often. */
const TELL_MS = 1_000;
/** Jobs that are told in one go; the others are told in the next ones, in turn. */
const TOLD_AT_ONCE = 100;

/**
 * Tells waiting jobs that somebody watches when fewer stand before them. Only in memory: a job that is still
 * watched asks again with the frames that keep its sockets open.
 */
export class PoolPositions {
  readonly #deps: Pick<PoolDeps, "jobs" | "log">;
  readonly #list: () => WaitingList;
  /** The place that each was last told; whoever was told longest ago stands first. */
  readonly #told = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(deps: Pick<PoolDeps, "jobs" | "log">, list: () => WaitingList) {
    this.#deps = deps;
    this.#list = list;
  }

  /** The job's place, the oldest's being 1, of whose changes it is told from now on; null where it does not wait. */
  watch(objectId: string): number | null {
    const entry = this.#list().get(objectId);
    if (entry === null) return null;
    const place = placeAmong(this.#list().instants(), entry.createdAtMs);
    this.#told.set(objectId, place);
    return place;
  }

  /** A job waits no more, so that others stand further in front. */
  left(objectId: string): void {
    this.#told.delete(objectId);
    if (this.#told.size > 0) this.#tellSoon();
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#tell();
    }, TELL_MS);
  }

  #tell(): void {
    const list = this.#list();
    const instants = list.instants();
    let told = 0;
    for (const [objectId, before] of [...this.#told]) {
      const entry = list.get(objectId);
      // One that is being offered just now has no place; it leaves, or comes back to the list.
      if (entry === null) continue;
      const place = placeAmong(instants, entry.createdAtMs);
      if (place === before) continue;
      if (told === TOLD_AT_ONCE) {
        this.#tellSoon();
        return;
      }
      told += 1;
      this.#told.delete(objectId);
      this.#told.set(objectId, place);
      void this.#tellOne(objectId, place);
    }
  }

  async #tellOne(objectId: string, place: number): Promise<void> {
    try {
      if ((await this.#deps.jobs.byObjectId(objectId)?.queuePosition(place)) === true) return;
    } catch (error) {
      this.#deps.log.error("pool.job_unreachable", error);
    }
    this.#told.delete(objectId);
  }
}
