import { createDurable } from "itty-durable";
import type { QuotaDeps } from "../src/deps/types.ts";
import { quotaDepsFor } from "../src/deps.ts";
import type { QuotaGrant } from "../src/domain/ports/quotas.ts";
import {
  EMPTY_QUOTA,
  type QuotaState,
  type QuotaUsage,
  quotaEmptyAtMs,
  releaseSlot,
  reserveSlot,
  settleSlot,
  usageOf,
} from "../src/domain/quota/quota.ts";

/** What this class uses of itty-durable's object, whose own types know nothing of the platform. */
type Persisted = {
  state: DurableObjectState;
  persist(): Promise<void>;
  loadFromStorage(): Promise<void>;
};
const Durable = createDurable() as unknown as new (state: DurableObjectState, env: unknown) => Persisted;

/**
 * One client's budget. itty-durable persists the public fields and dispatches the method calls; every
 * rule is a pure function of src/domain/quota. Persisting is explicit, because asking must not store.
 */
export class QuotaObject extends Durable {
  quota: QuotaState = EMPTY_QUOTA;
  /** When the alarm looks whether anything is left to keep; 0 when there is no alarm. */
  sweepAtMs = 0;

  async reserve(slot: string): Promise<QuotaGrant> {
    const { now, rules, slotLeaseMs } = this.#deps();
    const reservation = reserveSlot(this.quota, rules, slot, now + slotLeaseMs, now);
    if (reservation.granted) await this.#keep(reservation.state);
    return { granted: reservation.granted, usage: reservation.usage };
  }

  async release(slot: string): Promise<{ done: true }> {
    return this.#change(releaseSlot(this.quota, slot, this.#deps().now));
  }

  async settle(slot: string, cpuSeconds: number): Promise<{ done: true }> {
    const holdsSlot = this.quota.slots.some((held) => held.slot === slot);
    if (!holdsSlot) return { done: true };
    return this.#change(settleSlot(this.quota, slot, cpuSeconds, this.#deps().now));
  }

  usage(): QuotaUsage {
    const { now, rules } = this.#deps();
    return usageOf(this.quota, rules, now);
  }

  /**
   * Deletes a budget that no rule looks at any more, so that a client leaves nothing behind. The fields
   * are cleared by hand: the library's own reset knows no defaults in an object that an alarm woke.
   */
  async alarm(): Promise<void> {
    await this.loadFromStorage();
    const { now } = this.#deps();
    const emptyAtMs = quotaEmptyAtMs(this.quota);
    if (emptyAtMs === null || emptyAtMs <= now) {
      this.quota = EMPTY_QUOTA;
      this.sweepAtMs = 0;
      await this.state.storage.deleteAll();
      return;
    }
    this.sweepAtMs = 0;
    await this.#keep(this.quota);
  }

  async #change(next: QuotaState): Promise<{ done: true }> {
    await this.#keep(next);
    return { done: true };
  }

  async #keep(next: QuotaState): Promise<void> {
    this.quota = next;
    if (this.sweepAtMs === 0) {
      this.sweepAtMs = quotaEmptyAtMs(next) ?? this.#deps().now;
      await this.state.storage.setAlarm(this.sweepAtMs);
    }
    await this.persist();
  }

  /** Read per event: the clock's value is part of it. */
  #deps(): QuotaDeps & { now: number } {
    const deps = quotaDepsFor((this.state as unknown as { env: Record<string, unknown> }).env);
    return { ...deps, now: deps.clock() };
  }
}
