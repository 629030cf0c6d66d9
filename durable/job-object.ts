import { DurableObject } from "cloudflare:workers";
import { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { jobDepsFor } from "../src/deps.ts";
import { attemptRequestOf } from "../src/domain/job/attempt-request.ts";
import * as attempts from "../src/domain/job/attempts.ts";
import { beginProcessing, refuseUpload, uploadChecked } from "../src/domain/job/awaited-uploads.ts";
import { deleteAtMs, REDISPATCH_MS } from "../src/domain/job/deadlines.ts";
import * as lifecycle from "../src/domain/job/lifecycle.ts";
import { appendLog, type LogChunk, type LogEntry, nextSeq } from "../src/domain/job/log-book.ts";
import { type LogSlice, logTail, sliceLog } from "../src/domain/job/log-pages.ts";
import { type NewJob, newJob } from "../src/domain/job/new-job.ts";
import { type Attempt, type JobRecord, type JobSnapshot, snapshotOf } from "../src/domain/job/record.ts";
import { freshEvents } from "../src/domain/job/reports.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import { bucketKeys } from "../src/domain/keys.ts";
import type {
  LogPage,
  ReportOutcome,
  StartAttemptOutcome,
  StreamMode,
  UploadCheck,
} from "../src/domain/ports/job-objects.ts";
import type { AttemptEvent, OutputFile } from "../src/wire/report.ts";
import { JobEffects } from "./job-effects.ts";
import { LogSockets, refuseSocket } from "./log-sockets.ts";
import { UploadWatch } from "./upload-watch.ts";
import { Waiters } from "./waiters.ts";

/** Presigned URLs outlive the longest attempt by little. */
const URL_SECONDS = 30 * 60;
const CANCEL_WAIT_MS = 2_000;

/**
 * One job: its record, its log, its watchers and its one alarm. Every decision is a pure function of
 * src/domain/job; this shell stores what they say, and has what follows from it carried out before the
 * caller is answered.
 */
export class JobObject extends DurableObject {
  readonly #deps: JobDeps;
  readonly #storage: JobStorage;
  readonly #sockets: LogSockets;
  readonly #waiters = new Waiters();
  readonly #objectId: string;
  readonly #effects: JobEffects;
  readonly #uploads: UploadWatch;

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
    this.#effects = new JobEffects(this.#deps, ctx.storage, this.#objectId);
    this.#uploads = new UploadWatch(this.#deps.bucket, this.#deps.now);
  }

  /** Accepts a job; asked again with the same id it answers with the job that is there. */
  async create(job: NewJob): Promise<JobSnapshot> {
    const present = this.#storage.record();
    if (present !== null) return snapshotOf(present);
    const record = newJob(job, this.#deps.now());
    this.#storage.write(record);
    await this.#effects.schedule(record);
    const effects = this.#effects.of(record);
    if (record.state === "queued") effects.push(this.#effects.dispatch(record));
    await this.#effects.carryOut(record, effects);
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

  logTail(maxBytes: number): string | null {
    const record = this.#storage.record();
    return record === null ? null : logTail(this.#storage.chunksBackward(), record.attemptsMade, maxBytes);
  }

  async cancel(): Promise<JobSnapshot | null> {
    const before = this.#storage.record();
    if (before === null) return null;
    const after = lifecycle.cancel(before, this.#deps.now());
    if (after !== before) await this.#commit(after);
    // It may have ended while the change was carried out.
    const attempt = this.#storage.record()?.attempt ?? null;
    // A function learns of it with its next heartbeat; no executor knows of it.
    if (attempt !== null && after.task.kind === "program") {
      const ended = this.#waiters.wait(CANCEL_WAIT_MS);
      await this.#deps.executor.cancel(attempt.id);
      await ended;
    }
    return this.snapshot();
  }

  async remove(): Promise<void> {
    const record = this.#storage.record();
    if (record === null) return;
    if (record.attempt !== null) await this.#deps.executor.cancel(record.attempt.id);
    await this.#effects.settle(record);
    await this.#effects.announce(record);
    if (record.usesBucket) await this.#effects.removeFiles();
    await this.#effects.removeRow();
    this.#sockets.closeAll();
    await this.#storage.clear();
    this.#waiters.release();
  }

  async startAttempt(): Promise<StartAttemptOutcome> {
    const secrets = await this.#deps.ids.attempt(this.#objectId);
    const record = this.#storage.record();
    if (record === null || record.state !== "queued") return { kind: "idle" };
    const { id, tokenHash } = secrets;
    const seq = nextSeq(this.#storage.tail());
    const next = attempts.startAttempt(record, { id, tokenHash }, seq, this.#deps.now());
    this.#store(next);
    this.#effects.projectSoon(() => this.#storage.record());
    if (next.task.kind === "function") {
      const { name, files, timeoutMs } = next.task;
      const params = next.workload?.params ?? {};
      return { kind: "function", run: { attemptId: id, tokenHash, name, params, files, timeoutMs } };
    }
    const urlFor = (key: string): Promise<string> => this.#deps.presigner.get(key, URL_SECONDS);
    const request = await attemptRequestOf(next.task, secrets, this.#deps.publicUrl, urlFor);
    return { kind: "started", request };
  }

  async releaseAttempt(attemptId: string): Promise<void> {
    const record = this.#storage.record();
    if (record === null || record.attempt?.id !== attemptId) return;
    const now = this.#deps.now();
    if (record.cancelRequested) {
      return this.#commit(attempts.loseAttempt(record, "cancelled before it started", now));
    }
    this.#store(attempts.releaseAttempt(record, now));
    this.#effects.projectSoon(() => this.#storage.record());
  }

  async failAttempt(attemptId: string, message: string): Promise<void> {
    const record = this.#storage.record();
    if (record === null || record.attempt?.id !== attemptId) return;
    await this.#commit(attempts.loseAttempt(record, message, this.#deps.now()));
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
      await this.#commit(attempts.finishAttempt(record, attempt, fresh.finished, truncated, now));
    } else if (attempts.leaseIsStale(attempt, now) || (fresh.started && fresh.logs.length === 0)) {
      this.#storage.write(attempts.renewLease(record, attempt, fresh.lastEvent, now));
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

  /** Starts a created job once its uploads are there; any number may ask at once. */
  async checkUploads(isPolled: boolean): Promise<UploadCheck> {
    if (this.#storage.record() === null) return { kind: "unknown" };
    const verdict = await this.#uploads.look(() => this.#storage.record(), isPolled);
    const record = this.#storage.record();
    if (verdict === null || record === null) return { kind: "settled" };
    if (verdict.kind === "incomplete") return { kind: "waiting", missing: verdict.missing };
    await this.#commit(
      verdict.kind === "refused"
        ? refuseUpload(record, verdict.message, this.#deps.now())
        : beginProcessing(record, verdict.files, this.#deps.now()),
    );
    return { kind: "settled" };
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
      await this.#effects.retrySoon();
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
    if (isTerminal(record.state) && record.filesDeletedAtMs === null && now >= deleteAtMs(record)) {
      return record.retains === "record" ? this.#deleteFiles(record) : this.remove();
    }
    if (record.upload !== null && now >= record.upload.checkAtMs) await this.#lookByAlarm();
    return this.#onTick(this.#storage.record() ?? record, now);
  }

  async #onTick(record: JobRecord, now: number): Promise<void> {
    const next = lifecycle.tick(record, now);
    if (next !== record) return this.#commit(next);
    const effects = this.#effects.of(record);
    if (record.state === "queued" && now >= record.dispatchedAtMs + REDISPATCH_MS) {
      this.#storage.write({ ...record, dispatchedAtMs: now });
      effects.push(this.#effects.dispatch(record));
    }
    await this.#effects.carryOut(this.#storage.record() ?? record, effects);
  }

  /** Without a part that is still missing, the next look comes later than this one did after the last. */
  async #lookByAlarm(): Promise<void> {
    await this.checkUploads(false);
    const record = this.#storage.record();
    if (record?.upload != null) this.#storage.write(uploadChecked(record, this.#deps.now()));
  }

  /** The end of the retention for a job whose record stays. */
  async #deleteFiles(record: JobRecord): Promise<void> {
    await this.#effects.removeFiles();
    await this.#commit(lifecycle.filesDeleted(record, this.#deps.now()));
  }

  /** Stores a change, tells the watchers, and carries out what follows from it. */
  async #commit(next: JobRecord): Promise<void> {
    const before = this.#storage.record();
    this.#store(next);
    const effects = this.#effects.of(next);
    if (before !== null && lifecycle.isToBeDispatched(before, next))
      effects.push(this.#effects.dispatch(next));
    // What was uploaded and cannot be used goes at once (contract workloads.md 4.3).
    if (next.result?.reason === "bad_input" || next.state === "expired")
      effects.push(this.#effects.removeFiles());
    await this.#effects.carryOut(next, effects);
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

  #append(record: JobRecord, logs: readonly LogEntry[], lastEvent: number): void {
    const tail = this.#storage.tail();
    this.#storage.writeChunks(appendLog(tail, record.attemptsMade, logs, lastEvent));
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
