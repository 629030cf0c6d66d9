import type { PoolDeps } from "../src/deps/types.ts";
import type { Placing } from "../src/domain/pool/placing.ts";
import { memoryFor } from "../src/domain/pool/room.ts";
import type { AttemptRequest } from "../src/wire/attempt.ts";
import { OFFER_ANSWER_MS, OFFER_INLINE_BYTES, type ToExecutor } from "../src/wire/pool.ts";
import type { PoolMembers } from "./pool-members.ts";

/** How an offer went. */
export type OfferEnd =
  | { readonly kind: "accepted" }
  /** The job needs no executor: another holds it, or it has ended. */
  | { readonly kind: "unneeded" }
  /** The executor said no, or nothing; `reason` is null for nothing. */
  | { readonly kind: "refused"; readonly reason: string | null }
  /** The job could not be asked. */
  | { readonly kind: "unreachable" };

type Open = {
  readonly instance: string;
  readonly memoryMb: number;
  readonly answer: (end: OfferEnd) => void;
};
type Held = { readonly instance: string; readonly memoryMb: number };

/** Offers that are under way, and attempts that were taken, as far as this object remembers them. */
export class PoolOffers {
  readonly #deps: PoolDeps;
  readonly #members: PoolMembers;
  readonly #open = new Map<string, Open>();
  readonly #held = new Map<string, Held>();

  constructor(deps: PoolDeps, members: PoolMembers) {
    this.#deps = deps;
    this.#members = members;
  }

  /** Offers a job to an executor, whose room it takes at once, and settles when it is known what came of it. */
  async make({ entry, executor }: Placing): Promise<OfferEnd> {
    const { instance, key } = executor;
    const memoryMb = memoryFor(entry, executor);
    this.#members.take(instance, 1, memoryMb);
    const end = await this.#ask(entry.objectId, instance, key, memoryMb);
    if (end.kind !== "accepted") this.#members.take(instance, -1, -memoryMb);
    if (end.kind === "refused") this.#members.count(instance, "refused");
    return end;
  }

  /** An executor took an attempt; one that says so too late is counted all the same, as it will give it back. */
  accepted(instance: string, attemptId: string, memoryMb: number): void {
    const open = this.#open.get(attemptId);
    if (open === undefined) this.#members.take(instance, 1, memoryMb);
    this.#held.set(attemptId, { instance, memoryMb });
    open?.answer({ kind: "accepted" });
  }

  refused(attemptId: string, reason: string): void {
    this.#open.get(attemptId)?.answer({ kind: "refused", reason });
  }

  /** An executor gave an attempt's room back. */
  released(instance: string, attemptId: string, memoryMb: number): void {
    this.#held.delete(attemptId);
    this.#members.take(instance, -1, -memoryMb);
    this.#members.count(instance, "released");
  }

  /** What an executor says that it holds, when it joins. */
  holds(instance: string, held: readonly { attempt_id: string; memory_mb: number }[]): void {
    for (const { attempt_id, memory_mb } of held) {
      this.#held.set(attempt_id, { instance, memoryMb: memory_mb });
    }
  }

  /** Executors that may hold an attempt of a job, with the attempt. */
  *holdersOf(objectId: string): Iterable<{ instance: string; attemptId: string }> {
    for (const attempts of [this.#open, this.#held]) {
      for (const [attemptId, { instance }] of attempts) {
        if (attemptId.startsWith(objectId)) yield { instance, attemptId };
      }
    }
  }

  /** Forgets an executor that is gone; answers the jobs that were offered to it or held by it. */
  lose(instance: string): string[] {
    const lost: string[] = [];
    for (const open of [...this.#open.values()]) {
      if (open.instance === instance) open.answer({ kind: "refused", reason: null });
    }
    for (const [attemptId, held] of this.#held) {
      if (held.instance !== instance) continue;
      this.#held.delete(attemptId);
      lost.push(attemptId.slice(0, attemptId.indexOf(".")));
    }
    return lost;
  }

  async #ask(objectId: string, instance: string, key: string, memoryMb: number): Promise<OfferEnd> {
    try {
      const job = this.#deps.jobs.byObjectId(objectId);
      const offer = (await job?.offer({ instance, key })) ?? { kind: "gone" as const };
      if (offer.kind !== "offer") return { kind: "unneeded" };
      return await this.#send(instance, offer.attempt, memoryMb);
    } catch (error) {
      this.#deps.log.error("pool.job_unreachable", error);
      return { kind: "unreachable" };
    }
  }

  #send(instance: string, attempt: AttemptRequest, memoryMb: number): Promise<OfferEnd> {
    return new Promise((resolve) => {
      const answer = (end: OfferEnd): void => {
        clearTimeout(timer);
        this.#open.delete(attempt.attemptId);
        resolve(end);
      };
      const timer = setTimeout(() => answer({ kind: "refused", reason: null }), OFFER_ANSWER_MS);
      this.#open.set(attempt.attemptId, { instance, memoryMb, answer });
      const isSent = this.#members.send(instance, this.#frameOf(attempt, memoryMb));
      if (!isSent) answer({ kind: "refused", reason: null });
    });
  }

  /** The whole attempt, or where it is fetched if that is too large for a frame. */
  #frameOf(attempt: AttemptRequest, memory_mb: number): ToExecutor {
    const { attemptId: attempt_id, attemptToken: token } = attempt;
    if (JSON.stringify(attempt).length <= OFFER_INLINE_BYTES) return { type: "offer", memory_mb, attempt };
    const url = new URL(`/executor/attempts/${attempt_id}`, this.#deps.publicUrl).href;
    return { type: "offer", memory_mb, reference: { attempt_id, url, token } };
  }
}
