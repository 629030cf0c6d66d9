import { createDurable } from "itty-durable";
import { systemClock } from "../src/adapters/clock.ts";
import type { QuotaDeps } from "../src/deps/types.ts";
import { quotaDepsFor, serviceLog } from "../src/deps.ts";
import { classOfSubject } from "../src/domain/access/caller.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import type { QuotaGrant } from "../src/domain/ports/quotas.ts";
import { isJudgeOwnerKey } from "../src/domain/quota/judge-key.ts";
import {
  correctUpload,
  countJob,
  EMPTY_QUOTA,
  holdSlot,
  isUnsettled,
  QUOTA_SCHEMA,
  type QuotaRefusal,
  type QuotaRules,
  type QuotaState,
  type QuotaUsage,
  quotaEmptyAtMs,
  refuseUpload,
  releaseSlot,
  reserveSlot,
  type Share,
  settleSlot,
  uploadsClosed,
  usageOf,
} from "../src/domain/quota/quota.ts";
import { type Spent, type Tallies, tallied, talliesAt, talliesEndMs } from "../src/domain/quota/tally.ts";
import { checkSchema } from "../src/domain/stored.ts";

/** What this class uses of itty-durable's object, whose own types know nothing of the platform. */
type Persisted = {
  state: DurableObjectState;
  persist(): Promise<void>;
  loadFromStorage(): Promise<void>;
};
const Durable = createDurable() as unknown as new (state: DurableObjectState, env: unknown) => Persisted;

/**
 * The budget of a key's owner, or of the strangers of a network. itty-durable persists the public fields and dispatches the method calls; every
 * rule is a pure function of src/domain/quota. Persisting is explicit, because asking must not store.
 */
export class QuotaObject extends Durable {
  quota: QuotaState = EMPTY_QUOTA;
  /** The form of the fields; one that was stored without it is of the first. */
  schema = QUOTA_SCHEMA;
  /** What a key's owner used in this hour and month; null where there is nothing to tell, and for strangers. */
  tallies: Tallies | null = null;
  /** When the alarm looks whether anything is left to keep; 0 when there is no alarm. */
  sweepAtMs = 0;
  #alarmFailures = 0;

  /** Before each call. @throws NewerSchema */
  override async loadFromStorage(): Promise<void> {
    await super.loadFromStorage();
    checkSchema("a client's budget", this.schema, QUOTA_SCHEMA);
  }

  /** Takes a slot for a submission, or for the job that it has just become: for as long as a submission may last. */
  async take(slot: string, share: Share, uploadBytes: number): Promise<QuotaGrant> {
    const { now, rules, submissionMs } = this.#deps();
    const asked = { share, uploadBytes };
    const { granted, usage, state } = reserveSlot(this.quota, rules, slot, now + submissionMs, now, asked);
    if (granted) {
      const isNew = !this.quota.slots.some((held) => held.slot === slot);
      if (isNew) this.#tally({ jobs: 1 }, now);
      await this.#keep(state);
    }
    return { granted, usage };
  }

  /** Keeps the slot of a job that is there for as long as it may live. */
  async hold(slot: string): Promise<{ done: true }> {
    const { now, slotLeaseMs, uploadWaitMs } = this.#deps();
    const mayUpload = classOfSubject(this.state.id.name ?? "") !== null;
    const untilMs = now + slotLeaseMs + (mayUpload ? uploadWaitMs : 0);
    return this.#change(holdSlot(this.quota, slot, untilMs, now));
  }

  async count(slot: string): Promise<QuotaGrant> {
    const { now, rules } = this.#deps();
    const { granted, usage, state } = countJob(this.quota, rules, slot, now);
    if (!granted || state.accepted.length === this.quota.accepted.length) return { granted, usage };
    this.#tally({ jobs: 1 }, now);
    await this.#keep(state);
    return { granted, usage };
  }

  async correct(slot: string, uploadBytes: number): Promise<{ done: true }> {
    return this.#change(correctUpload(this.quota, slot, uploadBytes));
  }

  closed(share: Share): { refusal: QuotaRefusal | null } {
    return { refusal: uploadsClosed(this.quota, share, this.#deps().now) };
  }

  async refuse(share: Share): Promise<{ done: true }> {
    return this.#change(refuseUpload(this.quota, share, this.#deps().now));
  }

  async release(slot: string): Promise<{ done: true }> {
    const { now } = this.#deps();
    const wasCounted = this.quota.accepted.some((entry) => entry.slot === slot);
    if (wasCounted) this.#tally({ jobs: -1 }, now);
    return this.#change(releaseSlot(this.quota, slot, now));
  }

  async settle(slot: string, cpuSeconds: number): Promise<{ done: true }> {
    if (!isUnsettled(this.quota, slot)) return { done: true };
    const { now } = this.#deps();
    this.#tally({ cpuSeconds }, now);
    return this.#change(settleSlot(this.quota, slot, cpuSeconds, now));
  }

  usage(share: Share = null): QuotaUsage {
    const { now, rules } = this.#deps();
    return usageOf(this.quota, rules, now, share);
  }

  account(): QuotaUsage & Tallies {
    return { ...this.usage(), ...talliesAt(this.tallies, this.#deps().now) };
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
    const emptyAtMs = this.#emptyAtMs();
    this.sweepAtMs = 0;
    if (emptyAtMs !== null && emptyAtMs > this.#deps().now) return this.#keep(this.quota);
    this.quota = EMPTY_QUOTA;
    this.tallies = null;
    await this.state.storage.deleteAll();
  }

  async #change(next: QuotaState): Promise<{ done: true }> {
    await this.#keep(next);
    return { done: true };
  }

  async #keep(next: QuotaState): Promise<void> {
    this.quota = next;
    if (this.sweepAtMs === 0) {
      this.sweepAtMs = this.#emptyAtMs() ?? this.#deps().now;
      await this.state.storage.setAlarm(this.sweepAtMs);
    }
    await this.persist();
  }

  /** Strangers are not told of their months, and leave nothing behind for so long. */
  #tally(spent: Spent, now: number): void {
    const name = this.state.id.name ?? "";
    const isOwners = classOfSubject(name) !== null || isJudgeOwnerKey(name);
    if (isOwners) this.tallies = tallied(this.tallies, spent, now);
  }

  #emptyAtMs(): number | null {
    const instants = [quotaEmptyAtMs(this.quota), this.tallies === null ? null : talliesEndMs(this.tallies)];
    const known = instants.filter((at) => at !== null);
    return known.length === 0 ? null : Math.max(...known);
  }

  /** Read per event: the clock's value is part of it. */
  #deps(): Omit<QuotaDeps, "rulesFor"> & { rules: QuotaRules; now: number } {
    const deps = quotaDepsFor((this.state as unknown as { env: Record<string, unknown> }).env);
    return { ...deps, rules: deps.rulesFor(this.state.id.name ?? ""), now: deps.clock() };
  }
}
