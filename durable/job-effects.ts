import type { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import { announcementOf } from "../src/domain/job/announcement.ts";
import { isUploadKnown, leavesUselessUploads, uploadedBytes } from "../src/domain/job/awaited-uploads.ts";
import { countedIn } from "../src/domain/job/counted.ts";
import { alarmToSet, deadlinesOf, nextDeadline, retryAtMs } from "../src/domain/job/deadlines.ts";
import { chargedCpuSeconds } from "../src/domain/job/endings.ts";
import { poolEntryOf } from "../src/domain/job/pool-entry.ts";
import { type Attempt, type JobRecord, snapshotOf } from "../src/domain/job/record.ts";
import { rowOf } from "../src/domain/job/row.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import { wholeBytes } from "../src/domain/job/stored-bytes.ts";
import { logStep, traceFields } from "../src/domain/job/traced.ts";
import { callbackOf } from "../src/domain/judge0/callback.ts";
import { bucketKeys } from "../src/domain/keys.ts";
import type { PoolEntry } from "../src/domain/pool/types.ts";
import { CASES_MAX } from "../src/wire/judging.ts";
import type { JobCases } from "./job-cases.ts";
import type { LogSockets } from "./log-sockets.ts";

/** `true` once the receivers were told of the first end; of a later one, its revision. */
const ANNOUNCED = "announced";
/** `true` once uploads that could not be used are gone. */
const UPLOADS_REMOVED = "uploads-removed";
/** As long as something is owed, the alarm that would do it stands no later than this. */
const OWED_WITHIN_MS = 60_000;
/** A removal that is not over by then was broken off. */
const REMOVAL_REPAIR_MS = 30_000;
/** The row of a job that ends or is given back sooner than this never says `running`. */
const RUNNING_ROW_DELAY_MS = 1_000;

/**
 * What must happen outside the job object after a change. Each effect may be repeated: if one fails, or
 * the object dies before it, the alarm, which until then stands no later than a minute away, does it
 * again. That is why a new instance takes nothing for done.
 */
export class JobEffects {
  readonly #deps: JobDeps;
  readonly #storage: DurableObjectStorage;
  readonly #jobStorage: JobStorage;
  readonly #objectId: string;
  readonly #cases: JobCases;
  readonly #sockets: LogSockets;
  #projectedVersion = 0;
  #isSlotHeld = false;
  #isCharged = false;
  #isCorrected = false;
  #isRowToGo = false;
  #projection: Promise<void> = Promise.resolve();
  /** A timer that is pending keeps the object in memory, which costs. */
  #later: ReturnType<typeof setTimeout> | null = null;

  constructor(
    deps: JobDeps,
    storage: DurableObjectStorage,
    objectId: string,
    job: { storage: JobStorage; cases: JobCases; sockets: LogSockets },
  ) {
    this.#deps = deps;
    this.#storage = storage;
    this.#objectId = objectId;
    this.#jobStorage = job.storage;
    this.#cases = job.cases;
    this.#sockets = job.sockets;
  }

  /** Starts what is not known to be done for the record as it is. */
  start(record: JobRecord): Promise<void>[] {
    const effects: Promise<void>[] = [];
    if (this.#projectedVersion < record.version) effects.push(this.#project(record));
    if (isUploadKnown(record)) effects.push(this.#correctUpload(record));
    if (isTerminal(record.state)) effects.push(this.chargeQuota(record), this.announce(record));
    if (leavesUselessUploads(record)) effects.push(this.#removeUselessUploads());
    return effects;
  }

  /** Waits for effects, and sets the alarm: at the next deadline, or sooner where one failed. */
  async carryOut(record: JobRecord, effects: readonly Promise<void>[]): Promise<void> {
    const failures = (await Promise.allSettled(effects)).filter((outcome) => outcome.status === "rejected");
    for (const failure of failures) {
      this.#deps.log.error("job.effect_failed", failure.reason, traceFields(record));
      this.#deps.tally("effects_failed", "job");
    }
    if (failures.length > 0) return this.retryLater();
    // Another change carries out what follows from it, and may yet fail.
    if (this.#jobStorage.record()?.version !== record.version) return this.#standBy();
    this.#jobStorage.forgetFailures();
    await this.schedule({ mayDelay: true });
  }

  /** Sees to an alarm at the next deadline, and soon enough for what is owed, should this instance die. */
  async #standBy(): Promise<void> {
    const present = await this.#storage.getAlarm();
    const record = this.#jobStorage.record();
    if (record === null) return;
    const latestMs = retryAtMs(record, this.#deps.now(), OWED_WITHIN_MS);
    if (present === null || present > latestMs) await this.#storage.setAlarm(latestMs);
  }

  /** Makes the alarm try again what failed; the more often it failed in a row, the later. A job that is gone needs nothing. */
  async retryLater(): Promise<void> {
    const record = this.#jobStorage.record();
    if (record === null) return;
    const delayMs = retryDelayMs(this.#jobStorage.noteFailure(), Math.random());
    await this.#storage.setAlarm(retryAtMs(record, this.#deps.now(), delayMs));
  }

  /**
   * Sets the alarm at the next deadline of the job as it is by now: while effects were awaited, it may have been
   * claimed. An alarm that stands is moved to a later time only where nothing is owed that it would do.
   */
  async schedule({ mayDelay = false } = {}): Promise<void> {
    const present = await this.#storage.getAlarm();
    const record = this.#jobStorage.record();
    if (record === null) return;
    const now = this.#deps.now();
    const wanted = this.#jobStorage.isRemoving
      ? now + REMOVAL_REPAIR_MS
      : nextDeadline(deadlinesOf(record, now, this.#sockets.isWatched));
    const alarm = wanted === null ? null : alarmToSet(present, wanted);
    if (alarm === null || (!mayDelay && present !== null && present < alarm)) return;
    await this.#storage.setAlarm(alarm);
  }

  /** Sees to the alarm while the caller goes on. */
  standBySoon(): void {
    this.#standBy().catch((error) => this.#deps.log.error("job.effect_failed", error));
  }

  /** Brings the row up to date a little later; if the object dies before, its alarm does it. */
  projectSoon(current: () => JobRecord | null, delayMs = RUNNING_ROW_DELAY_MS): void {
    if (this.#later !== null) clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      const record = current();
      if (record === null || this.#projectedVersion >= record.version) return;
      this.#project(record).catch((error) => {
        this.#deps.log.error("job.effect_failed", error, traceFields(record));
        return this.retryLater();
      });
    }, delayMs);
  }

  /** Keeps the client's slot, which was taken for the time of a submission. */
  async holdSlot({ clientKey }: JobRecord): Promise<void> {
    if (clientKey === null || this.#isSlotHeld) return;
    await this.#deps.quotas.hold(clientKey, this.#objectId);
    this.#isSlotHeld = true;
  }

  /** Frees the client's slot and charges what the job used; the quota object does so once. */
  async chargeQuota(record: JobRecord): Promise<void> {
    if (record.clientKey === null || this.#isCharged) return;
    await this.#deps.quotas.settle(record.clientKey, this.#objectId, chargedCpuSeconds(record));
    this.#isCharged = true;
  }

  /** Counts what was uploaded in place of what might have been; done again it changes nothing. */
  async #correctUpload(record: JobRecord): Promise<void> {
    if (record.clientKey === null || this.#isCorrected) return;
    await this.#deps.quotas.correct(record.clientKey, this.#objectId, uploadedBytes(record));
    this.#isCorrected = true;
  }

  /** Counts what a change was, for the metrics. */
  count(before: JobRecord | null, next: JobRecord): void {
    for (const [name, label] of countedIn(before, next)) this.#deps.tally(name, label);
  }

  /** Hands the end over to the receivers' deliveries. Noted, because they forget it after a week. */
  async announce(record: JobRecord): Promise<void> {
    const event = announcementOf(this.#objectId, record, () => this.#cases.page(record, 0, CASES_MAX));
    const end = event?.revision ?? true;
    if (event === null || this.#storage.kv.get(ANNOUNCED) === end) return;
    const callback = await this.#callbackOf(record);
    const told = callback === null ? event : { ...event, callback };
    await this.#deps.webhooks.announce(record.webhooks, told);
    // The job may have been deleted meanwhile, and leaves nothing then.
    if (this.#jobStorage.record() !== null) this.#storage.kv.put(ANNOUNCED, end);
  }

  /** What the callback of a submission at Judge0's door says; null where none is wanted. */
  async #callbackOf(record: JobRecord): Promise<unknown> {
    if (record.door !== "judge0" || !record.webhooks.some(({ signer }) => signer.kind === "job")) return null;
    const stored = this.#jobStorage.doorData();
    const bytes = stored === null ? null : await wholeBytes(this.#deps.bucket, stored);
    if (bytes === null) return null;
    const cases = this.#cases.page(record, 0, CASES_MAX);
    return callbackOf({ token: record.id, data: bytes, snapshot: snapshotOf(record), cases });
  }

  /** Writes the row again, whatever was written before. */
  async projectAgain(record: JobRecord): Promise<void> {
    this.#projectedVersion = 0;
    await this.#project(record);
  }

  /** Tells of a change of state, where the job's trace is recorded. */
  stepped({ trace, state, attempt, attemptsMade, result }: JobRecord): void {
    const traced = trace === undefined ? {} : { trace };
    const instance = attempt?.holder?.instance ?? null;
    const reason = result?.reason ?? null;
    logStep(this.#deps.log, "job.stepped", traced, { state, attempt: attemptsMade, instance, reason });
  }

  /** Sends a queued job on its way. */
  async dispatch(record: JobRecord): Promise<void> {
    const entry = await this.poolEntry(record);
    if (entry !== null) await this.#deps.dispatchQueue.sendProgram(entry);
    else if (record.task.kind === "function") await this.#deps.dispatchQueue.sendFunction(this.#objectId);
  }

  /** Asks again for a job that was sent long ago: whoever was told of it may have forgotten it. */
  async askAgain(record: JobRecord): Promise<void> {
    const entry = await this.poolEntry(record);
    if (entry !== null) await this.#deps.pool.place([entry]);
    else await this.dispatch(record);
  }

  /** What the pool is to know of the job; null while it waits for no executor. */
  async poolEntry(record: JobRecord): Promise<PoolEntry | null> {
    const turn = await this.#deps.turnOf(record.owner ?? record.clientKey ?? this.#objectId);
    return poolEntryOf(this.#objectId, record, turn);
  }

  /** Takes the job back from the pool, and from the executor that holds it. */
  withdraw(attempt: Attempt | null): Promise<void> {
    const instance = attempt?.holder?.instance ?? null;
    const holder = attempt === null || instance === null ? null : { attemptId: attempt.id, instance };
    return this.#deps.pool.withdraw(this.#objectId, holder);
  }

  /** Noted, because nothing else tells that they are gone: a job that is shown as it ended owes it once. */
  async #removeUselessUploads(): Promise<void> {
    if (this.#storage.kv.get(UPLOADS_REMOVED) === true) return;
    await this.removeFiles();
    if (this.#jobStorage.record() !== null) this.#storage.kv.put(UPLOADS_REMOVED, true);
  }

  removeFiles(): Promise<void> {
    return this.#deps.bucket.removeAll(bucketKeys.prefix(this.#objectId));
  }

  /** Nothing writes the row any more from here on, unless it could not be removed. */
  async removeRow(): Promise<void> {
    this.#isRowToGo = true;
    await this.#projection;
    try {
      await this.#deps.rows.remove(this.#objectId);
    } catch (error) {
      this.#isRowToGo = false;
      throw error;
    }
  }

  /** The job is gone: one that comes later under its id starts afresh. */
  forget(): void {
    this.#projectedVersion = 0;
    this.#isSlotHeld = false;
    this.#isCharged = false;
    this.#isCorrected = false;
    this.#isRowToGo = false;
  }

  /** One projection at a time, so that none is under way when the row is removed. */
  #project(record: JobRecord): Promise<void> {
    if (this.#later !== null) clearTimeout(this.#later);
    const projection = this.#projection.then(async () => {
      if (this.#isRowToGo) return;
      await this.#deps.rows.upsert(rowOf(this.#objectId, record));
      this.#projectedVersion = Math.max(this.#projectedVersion, record.version);
    });
    this.#projection = projection.catch(() => undefined);
    return projection;
  }
}
