import { DurableObject } from "cloudflare:workers";
import { JobStorage } from "../src/adapters/job-storage.ts";
import { type JobDeps, jobDepsFor } from "../src/deps.ts";
import { attemptRequestOf } from "../src/domain/job/attempt-request.ts";
import {
  alarmToSet,
  deadlinesOf,
  deleteAtMs,
  nextDeadline,
  REDISPATCH_MS,
} from "../src/domain/job/deadlines.ts";
import * as lifecycle from "../src/domain/job/lifecycle.ts";
import { appendLog, type LogChunk, type LogEntry, nextSeq } from "../src/domain/job/log-book.ts";
import { type LogSlice, sliceLog } from "../src/domain/job/log-pages.ts";
import { type Attempt, type JobRecord, type JobSnapshot, snapshotOf } from "../src/domain/job/record.ts";
import { freshEvents } from "../src/domain/job/reports.ts";
import { rowOf } from "../src/domain/job/row.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import { bucketKeys } from "../src/domain/keys.ts";
import type { LogPage, ReportOutcome, StartAttemptOutcome, StreamMode } from "../src/domain/ports.ts";
import type { AttemptEvent, OutputFile } from "../src/wire/report.ts";
import { LogSockets, refuseSocket } from "./log-sockets.ts";
import { Waiters } from "./waiters.ts";

/** Presigned URLs outlive the longest attempt by little. */
const URL_SECONDS = 30 * 60;
const EFFECT_RETRY_MS = 5_000;
const CANCEL_WAIT_MS = 2_000;
/** The row of a job that ends or is given back sooner than this never says `running`. */
const RUNNING_ROW_DELAY_MS = 1_000;

/**
 * One job: its record, its log, its watchers and its one alarm. Every decision is a pure function of
 * src/domain/job; this shell stores what they say and carries out what follows from it.
 *
 * What must happen outside after a change (the D1 row, the quota) is done before the caller is
 * answered. If it fails, or the object dies first, the alarm, which until then stands no later than
 * a minute away, does it again: each effect may be repeated.
 */
export class JobObject extends DurableObject {
  readonly #deps: JobDeps;
  readonly #storage: JobStorage;
  readonly #sockets: LogSockets;
  readonly #waiters = new Waiters();
  readonly #objectId: string;
  #projectedVersion = 0;
  #settled = false;
  #projection: Promise<void> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    this.#deps = jobDepsFor(env);
    this.#storage = new JobStorage(ctx.storage);
    this.#sockets = new LogSockets(
      ctx,
      { snapshot: () => this.snapshot(), slice: (after, maxBytes) => this.#slice(after, maxBytes) },
      this.#deps.now,
    );
    this.#objectId = ctx.id.toString();
  }

  /** Accepts a job; asked again with the same id it answers with the job that is there. */
  async create(job: lifecycle.NewJob): Promise<JobSnapshot> {
    const present = this.#storage.record();
    if (present !== null) return snapshotOf(present);
    const record = lifecycle.newJob(job, this.#deps.now());
    this.#storage.write(record);
    await this.#schedule(record);
    await this.#carryOut(record, [this.#project(record), this.#dispatch()]);
    return snapshotOf(record);
  }

  snapshot(): JobSnapshot | null {
    const record = this.#storage.record();
    return record === null ? null : snapshotOf(record);
  }

  async waitForEnd(timeoutMs: number): Promise<JobSnapshot | null> {
    const record = this.#storage.record();
    if (record !== null && !isTerminal(record.state)) await this.#waiters.wait(timeoutMs);
    return this.snapshot();
  }

  logs(after: number | null, maxBytes: number, maxRecords?: number): LogPage | null {
    const record = this.#storage.record();
    if (record === null) return null;
    const from = after ?? record.firstSeq - 1;
    const tail = this.#storage.tail();
    return {
      ...this.#slice(from, maxBytes, maxRecords),
      snapshot: snapshotOf(record),
      truncated: this.#isTruncated(record, tail),
    };
  }

  async cancel(): Promise<JobSnapshot | null> {
    const before = this.#storage.record();
    if (before === null) return null;
    const after = lifecycle.cancel(before, this.#deps.now());
    if (after !== before) await this.#commit(after);
    if (after.attempt !== null) {
      const ended = this.#waiters.wait(CANCEL_WAIT_MS);
      await this.#deps.executor.cancel(after.attempt.id);
      await ended;
    }
    return this.snapshot();
  }

  async remove(): Promise<void> {
    const record = this.#storage.record();
    if (record === null) return;
    if (record.attempt !== null) await this.#deps.executor.cancel(record.attempt.id);
    if (!this.#settled) await this.#settle(record);
    if (record.usesBucket) await this.#deps.bucket.removeAll(bucketKeys.prefix(this.#objectId));
    await this.#projection;
    await this.#deps.rows.remove(this.#objectId);
    this.#sockets.closeAll();
    await this.#storage.clear();
    this.#waiters.release();
  }

  async startAttempt(): Promise<StartAttemptOutcome> {
    const secrets = await this.#deps.ids.attempt(this.#objectId);
    const record = this.#storage.record();
    if (record === null || record.state !== "queued") return { kind: "idle" };
    const { id, tokenHash } = secrets;
    const next = lifecycle.startAttempt(
      record,
      { id, tokenHash },
      nextSeq(this.#storage.tail()),
      this.#deps.now(),
    );
    this.#store(next);
    this.#projectSoon();
    const urlFor = (key: string): Promise<string> => this.#deps.presigner.get(key, URL_SECONDS);
    const request = await attemptRequestOf(next, secrets, this.#deps.publicUrl, urlFor);
    return { kind: "started", request };
  }

  async releaseAttempt(attemptId: string): Promise<void> {
    const record = this.#storage.record();
    if (record === null || record.attempt?.id !== attemptId) return;
    const now = this.#deps.now();
    if (record.cancelRequested) {
      return this.#commit(lifecycle.loseAttempt(record, "cancelled before it started", now));
    }
    this.#store(lifecycle.releaseAttempt(record, now));
    this.#projectSoon();
  }

  async failAttempt(attemptId: string, message: string): Promise<void> {
    const record = this.#storage.record();
    if (record === null || record.attempt?.id !== attemptId) return;
    await this.#commit(lifecycle.loseAttempt(record, message, this.#deps.now()));
  }

  async report(
    attemptId: string,
    tokenHash: string,
    events: readonly AttemptEvent[],
  ): Promise<ReportOutcome> {
    const record = this.#storage.record();
    const attempt = record?.attempt ?? null;
    if (record === null || attempt === null || attempt.id !== attemptId) return { kind: "stale" };
    if (!this.#deps.ids.isSame(tokenHash, attempt.tokenHash)) return { kind: "unauthorized" };
    const fresh = freshEvents(events, this.#lastEvent(record, attempt));
    if (fresh.kind === "gap") return fresh;
    const now = this.#deps.now();
    if (fresh.logs.length > 0) this.#append(record, fresh.logs, fresh.lastEvent);
    if (fresh.finished !== null) {
      const truncated = this.#isTruncated(record, this.#storage.tail());
      await this.#commit(lifecycle.finishAttempt(record, attempt, fresh.finished, truncated, now));
    } else if (lifecycle.leaseIsStale(attempt, now) || (fresh.started && fresh.logs.length === 0)) {
      this.#storage.write(lifecycle.renewLease(record, attempt, fresh.lastEvent, now));
    }
    return { kind: "accepted", acknowledged: fresh.lastEvent, cancel: record.cancelRequested };
  }

  async grantUploads(
    attemptId: string,
    tokenHash: string,
    files: readonly OutputFile[],
  ): Promise<string[] | null> {
    const record = this.#storage.record();
    const attempt = record?.attempt ?? null;
    if (record === null || attempt === null || attempt.id !== attemptId) return null;
    if (!this.#deps.ids.isSame(tokenHash, attempt.tokenHash)) return null;
    if (!record.usesBucket) this.#storage.write({ ...record, usesBucket: true });
    return Promise.all(
      files.map((_file, index) => this.#deps.presigner.put(bucketKeys.output(attemptId, index), URL_SECONDS)),
    );
  }

  /** Lets overdue deadlines take effect; the cron sweep calls it where an alarm seems to be lost. */
  async wake(): Promise<void> {
    await this.alarm();
  }

  /**
   * Never throws: the platform gives a failing alarm up after six retries, and with it the job.
   * What fails here is tried again by the next alarm.
   */
  override async alarm(): Promise<void> {
    try {
      await this.#onAlarm();
    } catch (error) {
      this.#deps.log.error("job.alarm_failed", error);
      await this.ctx.storage.setAlarm(this.#deps.now() + EFFECT_RETRY_MS);
    }
  }

  /** Opens a watcher's socket; the Worker has put the mode, the shown id and the start into headers. */
  override async fetch(request: Request): Promise<Response> {
    const mode = (request.headers.get("x-stream-mode") ?? "lines") as StreamMode;
    const record = this.#storage.record();
    if (record === null) return refuseSocket(mode, request.headers.get("x-stream-id") ?? "");
    const asked = Number(request.headers.get("x-stream-after") ?? Number.NaN);
    const after = Number.isInteger(asked) ? asked : record.firstSeq - 1;
    return this.#sockets.accept(mode, after, snapshotOf(record));
  }

  override webSocketMessage(): void {
    // Watchers only listen; what they send has no meaning and costs nothing further.
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  async #onAlarm(): Promise<void> {
    const record = this.#storage.record();
    if (record === null) return;
    const now = this.#deps.now();
    if (isTerminal(record.state) && now >= deleteAtMs(record)) return this.remove();
    const next = lifecycle.tick(record, now);
    if (next !== record) return this.#commit(next);
    const effects = this.#effectsOf(record);
    if (record.state === "queued" && now >= record.dispatchedAtMs + REDISPATCH_MS) {
      this.#storage.write({ ...record, dispatchedAtMs: now });
      effects.push(this.#dispatch());
    }
    await this.#carryOut(this.#storage.record() ?? record, effects);
  }

  /** Stores a change, tells the watchers, and carries out what follows from it. */
  async #commit(next: JobRecord): Promise<void> {
    const before = this.#storage.record();
    this.#store(next);
    const effects = this.#effectsOf(next);
    if (before !== null && lifecycle.isRequeued(before, next)) effects.push(this.#dispatch());
    await this.#carryOut(next, effects);
  }

  #store(next: JobRecord): void {
    const before = this.#storage.record();
    this.#storage.write(next);
    if (isTerminal(next.state)) {
      this.#sockets.pump();
      this.#waiters.release();
    } else if (before?.state !== next.state) {
      this.#sockets.status(snapshotOf(next));
    }
  }

  #effectsOf(record: JobRecord): Promise<void>[] {
    const effects: Promise<void>[] = [];
    if (this.#projectedVersion < record.version) effects.push(this.#project(record));
    if (isTerminal(record.state) && !this.#settled) effects.push(this.#settle(record));
    return effects;
  }

  async #carryOut(record: JobRecord, effects: readonly Promise<void>[]): Promise<void> {
    const failures = (await Promise.allSettled(effects)).filter((outcome) => outcome.status === "rejected");
    for (const failure of failures) this.#deps.log.error("job.effect_failed", failure.reason);
    if (failures.length === 0) return this.#schedule(record);
    await this.ctx.storage.setAlarm(this.#deps.now() + EFFECT_RETRY_MS);
  }

  /** One projection at a time, so that none is under way when the row is removed. */
  #project(record: JobRecord): Promise<void> {
    const projection = this.#projection.then(async () => {
      await this.#deps.rows.upsert(rowOf(this.#objectId, record));
      this.#projectedVersion = Math.max(this.#projectedVersion, record.version);
    });
    this.#projection = projection.catch(() => undefined);
    return projection;
  }

  /** If the object dies before, the alarm of the attempt's lease does it. */
  #projectSoon(): void {
    setTimeout(() => {
      const record = this.#storage.record();
      if (record === null || this.#projectedVersion >= record.version) return;
      this.#project(record).catch((error) => this.#deps.log.error("job.effect_failed", error));
    }, RUNNING_ROW_DELAY_MS);
  }

  async #settle(record: JobRecord): Promise<void> {
    await this.#deps.quotas.settle(record.clientKey, this.#objectId, record.result?.cpuSeconds ?? 0);
    this.#settled = true;
  }

  #dispatch(): Promise<void> {
    return this.#deps.dispatchQueue.send({ objectId: this.#objectId });
  }

  async #schedule(record: JobRecord): Promise<void> {
    const wanted = nextDeadline(deadlinesOf(record));
    if (wanted === null) return;
    const alarm = alarmToSet(await this.ctx.storage.getAlarm(), wanted);
    if (alarm !== null) await this.ctx.storage.setAlarm(alarm);
  }

  #append(record: JobRecord, logs: readonly LogEntry[], lastEvent: number): void {
    const tail = this.#storage.tail();
    this.#storage.writeChunks(appendLog(tail, record.attemptsMade, logs, lastEvent).chunks);
    this.#sockets.pump();
  }

  #lastEvent(record: JobRecord, attempt: Attempt): number {
    const tail = this.#storage.tail();
    return Math.max(attempt.lastEvent, tail?.attempt === record.attemptsMade ? tail.lastEvent : 0);
  }

  #isTruncated(record: JobRecord, tail: LogChunk | null): boolean {
    return record.result?.truncated ?? (tail?.attempt === record.attemptsMade && tail.truncated);
  }

  #slice(after: number, maxBytes: number, maxRecords?: number): LogSlice {
    const chunks = this.#storage.chunksFrom(after + 1);
    return sliceLog(chunks, this.#storage.tail(), after, maxBytes, maxRecords);
  }
}
