import { createDurable } from "itty-durable";
import { systemClock } from "../src/adapters/clock.ts";
import type { QuotaDeps } from "../src/deps/types.ts";
import { quotaDepsFor, serviceLog } from "../src/deps.ts";
import { classOfSubject } from "../src/domain/access/caller.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import type { QuotaGrant } from "../src/domain/ports/quotas.ts";
import {
  EMPTY_QUOTA,
  type QuotaRules,
  type QuotaState,
  type QuotaUsage,
  quotaEmptyAtMs,
  releaseSlot,
  reserveSlot,
  settleSlot,
  usageOf,
} from "../src/domain/quota/quota.ts";

/** A submission that has not become a job by then has lost its slot. */
const RESERVATION_MS = 10 * 60_000;

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
  #alarmFailures = 0;

  /** Takes a slot for a submission whose upload goes on for a while. */
  reserve(slot: string): Promise<QuotaGrant> {
    return this.#grant(slot, RESERVATION_MS);
  }

  /** Takes a slot for a job that is made, be it reserved or not. */
  take(slot: string): Promise<QuotaGrant> {
    const { slotLeaseMs, uploadWaitMs } = this.#deps();
    const mayUpload = classOfSubject(this.state.id.name ?? "") !== null;
    return this.#grant(slot, slotLeaseMs + (mayUpload ? uploadWaitMs : 0));
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
   * Deletes a budget that no rule looks at any more, so that a client leaves nothing behind. Never throws:
   * the platform gives a failing alarm up after six retries.
   */
  async alarm(): Promise<void> {
    try {
      await this.#deleteIfUnused();
    } catch (error) {
      serviceLog.error("quota.alarm_failed", error);
      this.#alarmFailures += 1;
      const delayMs = retryDelayMs(this.#alarmFailures, Math.random());
      await this.state.storage.setAlarm(systemClock() + delayMs);
    }
  }

  /** The fields are cleared by hand: the library's own reset knows no defaults in an object that an alarm woke. */
  async #deleteIfUnused(): Promise<void> {
    await this.loadFromStorage();
    const emptyAtMs = quotaEmptyAtMs(this.quota);
    this.sweepAtMs = 0;
    if (emptyAtMs !== null && emptyAtMs > this.#deps().now) return this.#keep(this.quota);
    this.quota = EMPTY_QUOTA;
    await this.state.storage.deleteAll();
  }

  async #grant(slot: string, leaseMs: number): Promise<QuotaGrant> {
    const { now, rules } = this.#deps();
    const { granted, usage, state } = reserveSlot(this.quota, rules, slot, now + leaseMs, now);
    if (granted) await this.#keep(state);
    return { granted, usage };
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
  #deps(): Omit<QuotaDeps, "rulesFor"> & { rules: QuotaRules; now: number } {
    const deps = quotaDepsFor((this.state as unknown as { env: Record<string, unknown> }).env);
    return { ...deps, rules: deps.rulesFor(this.state.id.name ?? ""), now: deps.clock() };
  }
}
