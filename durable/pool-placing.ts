import type { PoolDeps } from "../src/deps/types.ts";
import { logStep } from "../src/domain/job/traced.ts";
import { BUSY_MS, EXCLUDED_MS, type Grudges, MAX_REFUSALS } from "../src/domain/pool/grudges.ts";
import { nextPlacing, type Placing } from "../src/domain/pool/placing.ts";
import type { PoolEntry } from "../src/domain/pool/types.ts";
import type { PlaceOutcome } from "../src/domain/ports/pool.ts";
import type { PoolContainers } from "./pool-containers.ts";
import type { PoolMembers } from "./pool-members.ts";
import type { OfferEnd, PoolOffers } from "./pool-offers.ts";
import type { PoolWaiting } from "./pool-waiting.ts";

/** A job that could not be asked is tried again after this. */
const UNREACHABLE_MS = 1_000;
const MINUTE_MS = 60_000;

type Parts = {
  readonly members: PoolMembers;
  readonly waiting: PoolWaiting;
  readonly offers: PoolOffers;
  readonly containers: PoolContainers;
  readonly grudges: Grudges;
};

/** Brings waiting jobs and executors with room together. */
export class PoolPlacing {
  readonly #deps: PoolDeps;
  readonly #parts: Parts;
  /** Who handed a job over and waits to hear where it went. */
  readonly #askers = new Map<string, ((outcome: PlaceOutcome) => void)[]>();
  /** Jobs that are being offered: no longer on the list, and without a place. */
  readonly #underWay = new Map<string, PoolEntry>();
  /** Jobs that were withdrawn while they were being offered. */
  readonly #withdrawn = new Set<string>();
  #placedAtMs: number[] = [];
  #timer: { readonly atMs: number; readonly id: ReturnType<typeof setTimeout> } | null = null;

  constructor(deps: PoolDeps, parts: Parts) {
    this.#deps = deps;
    this.#parts = parts;
  }

  /** Takes jobs in; settles when each has an executor, or is stored. */
  async place(entries: readonly PoolEntry[]): Promise<readonly PlaceOutcome[]> {
    const { list } = this.#parts.waiting;
    for (const entry of entries) {
      if (!this.#underWay.has(entry.objectId)) list.add(entry);
      if (entry.avoid !== null) this.#parts.members.count(entry.avoid, "lost");
    }
    const outcomes = entries.map(
      ({ objectId }) =>
        new Promise<PlaceOutcome>((resolve) => {
          this.#askers.set(objectId, [...(this.#askers.get(objectId) ?? []), resolve]);
        }),
    );
    this.pump();
    for (const { objectId } of entries) {
      const waiting = list.get(objectId);
      if (waiting !== null) this.#keep(waiting);
    }
    return Promise.all(outcomes);
  }

  /** Takes jobs in again that went with their executor, as they are now. */
  async again(objectIds: readonly string[]): Promise<void> {
    const entries = await Promise.all(
      objectIds.map(async (objectId) => {
        try {
          return (await this.#deps.jobs.byObjectId(objectId)?.poolEntry()) ?? null;
        } catch (error) {
          // The job asks by itself when its lease has run out.
          this.#deps.log.error("pool.job_unreachable", error);
          return null;
        }
      }),
    );
    await this.place(entries.filter((entry) => entry !== null));
  }

  /** Forgets a job that has ended. */
  forget(objectId: string): void {
    if (this.#underWay.has(objectId)) this.#withdrawn.add(objectId);
    this.#parts.waiting.drop(objectId);
    this.#parts.grudges.forget(objectId);
    this.#answer(objectId, "gone");
  }

  /** Offers what can be offered now, and sees to it that the rest is looked at when that may have changed. */
  pump(): void {
    const { members, waiting, grudges, containers } = this.#parts;
    for (;;) {
      const now = this.#deps.now();
      const placing = nextPlacing(waiting.list, { executors: members.executors(now), grudges, now });
      if (placing === null) break;
      waiting.list.remove(placing.entry.objectId);
      waiting.list.served(placing.entry.turn);
      void this.#offer(placing);
    }
    if (waiting.list.size === 0) return;
    containers.wanted();
    const now = this.#deps.now();
    const nextMs = grudges.nextChangeMs(now);
    if (nextMs !== null) this.#pumpAt(nextMs);
  }

  /** Placings within the last minute. */
  placedLastMinute(): number {
    const since = this.#deps.now() - MINUTE_MS;
    this.#placedAtMs = this.#placedAtMs.filter((atMs) => atMs > since);
    return this.#placedAtMs.length;
  }

  async #offer(placing: Placing): Promise<void> {
    const { entry } = placing;
    this.#underWay.set(entry.objectId, entry);
    const end = await this.#parts.offers.make(placing);
    this.#underWay.delete(entry.objectId);
    const isWithdrawn = this.#withdrawn.delete(entry.objectId);
    const { instance } = placing.executor;
    logStep(this.#deps.log, "pool.offered", entry, { instance, outcome: end.kind });
    if (end.kind === "accepted") this.#placed(entry, isWithdrawn);
    else if (end.kind === "unneeded" || isWithdrawn) this.forget(entry.objectId);
    else await this.#notPlaced(placing, end);
    this.pump();
  }

  #placed({ objectId }: PoolEntry, isWithdrawn: boolean): void {
    this.#parts.waiting.drop(objectId);
    this.#parts.grudges.forget(objectId);
    this.#placedAtMs.push(this.#deps.now());
    this.#answer(objectId, "accepted");
    if (!isWithdrawn) return;
    for (const { instance, attemptId } of this.#parts.offers.holdersOf(objectId)) {
      this.#parts.members.send(instance, { type: "cancel", attempt_id: attemptId });
    }
  }

  async #notPlaced({ entry, executor }: Placing, end: OfferEnd): Promise<void> {
    const { waiting, grudges } = this.#parts;
    const now = this.#deps.now();
    if (end.kind === "refused") {
      const isBusy = end.reason === "busy";
      const counts = end.reason !== null && !isBusy && end.reason !== "leaving";
      const forMs = isBusy ? BUSY_MS : EXCLUDED_MS;
      const refusals = grudges.refused(entry.objectId, executor.instance, forMs, counts, now);
      if (refusals >= MAX_REFUSALS) return this.#giveUp(entry, end.reason ?? "no answer");
    } else {
      grudges.refused(entry.objectId, executor.instance, UNREACHABLE_MS, false, now);
    }
    waiting.list.add(entry);
    this.#keep(entry);
  }

  async #giveUp({ objectId }: PoolEntry, reason: string): Promise<void> {
    this.forget(objectId);
    await this.#deps.jobs.byObjectId(objectId)?.giveUp(`No executor would take it: ${reason}`);
  }

  #keep(entry: PoolEntry): void {
    this.#parts.waiting.keep(entry);
    this.#answer(entry.objectId, "stored");
  }

  #answer(objectId: string, outcome: PlaceOutcome): void {
    const askers = this.#askers.get(objectId) ?? [];
    this.#askers.delete(objectId);
    for (const answer of askers) answer(outcome);
  }

  #pumpAt(atMs: number): void {
    if (this.#timer !== null && this.#timer.atMs <= atMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer.id);
    const id = setTimeout(
      () => {
        this.#timer = null;
        this.pump();
      },
      Math.max(1, atMs - this.#deps.now()),
    );
    this.#timer = { atMs, id };
  }
}
