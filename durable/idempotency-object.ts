import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../src/adapters/clock.ts";
import { serviceLog } from "../src/deps.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import {
  type BeginOutcome,
  begin,
  complete,
  forgetAtMs,
  type IdempotencyRecord,
  idempotencySchema,
  lapse,
  mayAbandon,
} from "../src/domain/idempotency/claim.ts";

const PREFIX = "key/";
/** The one record of an object that a Worker of the last version reaches: it makes one for each key. */
const ONLY = "record";
/** Between two looks for records that are to be forgotten. */
const SWEEP_MS = 10 * 60_000;

/** What one client does under its `Idempotency-Key`s, a record for each: who is working on it, or what was answered. */
export class IdempotencyObject extends DurableObject {
  #alarmFailures = 0;
  #hasAlarm = false;

  claimKey(key: string, claimId: string, jobId: string): Promise<BeginOutcome> {
    return this.#begin(PREFIX + key, claimId, jobId);
  }

  completeKey(key: string, claimId: string, fingerprint: string, answer: string): Promise<void> {
    return this.#complete(PREFIX + key, claimId, fingerprint, answer);
  }

  abandonKey(key: string, claimId: string): Promise<void> {
    return this.#abandon(PREFIX + key, claimId);
  }

  lapseKey(key: string, claimId: string): Promise<void> {
    return this.#lapse(PREFIX + key, claimId);
  }

  /** This and the next three are for Workers of the last version, which go on for minutes beside this one. */
  begin(claimId: string, jobId: string): Promise<BeginOutcome> {
    return this.#begin(ONLY, claimId, jobId);
  }

  complete(claimId: string, fingerprint: string, answer: string): Promise<void> {
    return this.#complete(ONLY, claimId, fingerprint, answer);
  }

  abandon(claimId: string): Promise<void> {
    return this.#abandon(ONLY, claimId);
  }

  lapse(claimId: string): Promise<void> {
    return this.#lapse(ONLY, claimId);
  }

  /** Never throws: the platform gives a failing alarm up after six retries. */
  override async alarm(): Promise<void> {
    try {
      this.#hasAlarm = false;
      await this.#forgetInTime();
    } catch (error) {
      serviceLog.error("idempotency.alarm_failed", error);
      this.#alarmFailures += 1;
      const delayMs = retryDelayMs(this.#alarmFailures, Math.random());
      await this.ctx.storage.setAlarm(systemClock() + delayMs);
    }
  }

  async #begin(name: string, claimId: string, jobId: string): Promise<BeginOutcome> {
    const { outcome, record } = begin(this.#record(name), { claimId, jobId }, systemClock());
    if (record !== null) await this.#keep(name, record);
    return outcome;
  }

  async #complete(name: string, claimId: string, fingerprint: string, answer: string): Promise<void> {
    const record = complete(this.#record(name), claimId, { fingerprint, answer }, systemClock());
    if (record !== null) await this.#keep(name, record);
  }

  async #abandon(name: string, claimId: string): Promise<void> {
    if (!mayAbandon(this.#record(name), claimId)) return;
    this.ctx.storage.kv.delete(name);
    await this.#leaveIfEmpty();
  }

  async #lapse(name: string, claimId: string): Promise<void> {
    const record = lapse(this.#record(name), claimId, systemClock());
    if (record !== null) await this.#keep(name, record);
  }

  async #forgetInTime(): Promise<void> {
    const now = systemClock();
    const due: string[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [name, stored] of this.ctx.storage.kv.list<object>()) {
      const record = idempotencySchema.read(stored);
      if (now >= forgetAtMs(record)) due.push(name);
      else nextMs = Math.min(nextMs, forgetAtMs(record));
    }
    for (const name of due) this.ctx.storage.kv.delete(name);
    if (await this.#leaveIfEmpty()) return;
    await this.#wakeAt(Math.max(nextMs, now + SWEEP_MS));
  }

  #record(name: string): IdempotencyRecord | null {
    const stored = this.ctx.storage.kv.get<object>(name);
    return stored === undefined ? null : idempotencySchema.read(stored);
  }

  /** One alarm for all: it comes at the oldest record's time, and finds the next one. */
  async #keep(name: string, record: IdempotencyRecord): Promise<void> {
    this.ctx.storage.kv.put(name, idempotencySchema.stamp(record));
    this.#hasAlarm ||= (await this.ctx.storage.getAlarm()) !== null;
    if (!this.#hasAlarm) await this.#wakeAt(forgetAtMs(record));
  }

  async #wakeAt(atMs: number): Promise<void> {
    await this.ctx.storage.setAlarm(atMs);
    this.#hasAlarm = true;
  }

  /** A client without a record leaves nothing behind; whether it has none. */
  async #leaveIfEmpty(): Promise<boolean> {
    for (const _ of this.ctx.storage.kv.list({ limit: 1 })) return false;
    this.#hasAlarm = false;
    await this.ctx.storage.deleteAll();
    return true;
  }
}
