import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../src/adapters/clock.ts";
import { serviceLog } from "../src/deps.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import {
  type BeginOutcome,
  begin,
  complete,
  type IdempotencyRecord,
  lapse,
  mayAbandon,
  REPLAY_MS,
} from "../src/domain/idempotency/claim.ts";

const RECORD = "record";

/** One client's use of one `Idempotency-Key`: who is working on it, or what was answered. */
export class IdempotencyObject extends DurableObject {
  #alarmFailures = 0;

  async begin(claimId: string, jobId: string): Promise<BeginOutcome> {
    const { outcome, record } = begin(this.#record(), { claimId, jobId }, systemClock());
    if (record !== null) await this.#keep(record);
    return outcome;
  }

  async complete(claimId: string, fingerprint: string, answer: string): Promise<void> {
    const record = complete(this.#record(), claimId, { fingerprint, answer }, systemClock());
    if (record !== null) await this.#keep(record);
  }

  async abandon(claimId: string): Promise<void> {
    if (mayAbandon(this.#record(), claimId)) await this.#forget();
  }

  async lapse(claimId: string): Promise<void> {
    const record = lapse(this.#record(), claimId, systemClock());
    if (record !== null) await this.#keep(record);
  }

  /** Never throws: the platform gives a failing alarm up after six retries. */
  override async alarm(): Promise<void> {
    try {
      await this.#forgetInTime();
    } catch (error) {
      serviceLog.error("idempotency.alarm_failed", error);
      this.#alarmFailures += 1;
      const delayMs = retryDelayMs(this.#alarmFailures, Math.random());
      await this.ctx.storage.setAlarm(systemClock() + delayMs);
    }
  }

  /** A dead claim is kept as long as an answer would be, so that a late retry still makes the same job. */
  async #forgetInTime(): Promise<void> {
    const record = this.#record();
    if (record === null) return;
    const forgetAtMs = record.kind === "claimed" ? record.untilMs + REPLAY_MS : record.untilMs;
    if (systemClock() >= forgetAtMs) return this.#forget();
    await this.ctx.storage.setAlarm(forgetAtMs);
  }

  #record(): IdempotencyRecord | null {
    return this.ctx.storage.kv.get<IdempotencyRecord>(RECORD) ?? null;
  }

  async #keep(record: IdempotencyRecord): Promise<void> {
    this.ctx.storage.kv.put(RECORD, record);
    await this.ctx.storage.setAlarm(record.untilMs);
  }

  async #forget(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
