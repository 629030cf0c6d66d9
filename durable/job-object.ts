import { DurableObject } from "cloudflare:workers";
import { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { jobDepsFor } from "../src/deps.ts";
import { isRetentionOver, isUploadCheckDue } from "../src/domain/job/deadlines.ts";
import { cancel, filesDeleted } from "../src/domain/job/lifecycle.ts";
import { type NewJob, newJob } from "../src/domain/job/new-job.ts";
import {
  type Holder,
  type JobRecord,
  type JobSnapshot,
  type StoredBytes,
  snapshotOf,
} from "../src/domain/job/record.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import type { PoolEntry } from "../src/domain/pool/types.ts";
import type {
  AttemptBearer,
  FunctionRun,
  LogPage,
  OfferOutcome,
  ReportOutcome,
  ReportProof,
  StoredCase,
  StreamMode,
  UploadCheck,
} from "../src/domain/ports/job-objects.ts";
import type { AttemptRequest } from "../src/wire/attempt.ts";
import type { AttemptEvent, OutputFile } from "../src/wire/report.ts";
import { JobAttempts } from "./job-attempts.ts";
import { JobCases } from "./job-cases.ts";
import { JobChanges } from "./job-changes.ts";
import { JobEffects } from "./job-effects.ts";
import { JobLog } from "./job-log.ts";
import { LogSockets, refuseSocket } from "./log-sockets.ts";
import { UploadWatch } from "./upload-watch.ts";
import { Waiters } from "./waiters.ts";

const CANCEL_WAIT_MS = 2_000;

/**
 * One job: its record, its log, its watchers and its one alarm. Every decision is a pure function of
 * src/domain/job; the parts of this shell store what they say, and carry out what follows from it before
 * the caller is answered.
 */
export class JobObject extends DurableObject {
  readonly #deps: JobDeps;
  readonly #storage: JobStorage;
  readonly #log: JobLog;
  readonly #cases: JobCases;
  readonly #sockets: LogSockets;
  readonly #waiters = new Waiters();
  readonly #effects: JobEffects;
  readonly #changes: JobChanges;
  readonly #attempts: JobAttempts;
  readonly #uploads: UploadWatch;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    const deps = jobDepsFor(env);
    const objectId = ctx.id.toString();
    const storage = new JobStorage(ctx.storage);
    const log = new JobLog(storage);
    const cases = new JobCases(ctx.storage);
    const source = {
      snapshot: () => this.snapshot(),
      slice: (after: number, maxBytes: number) => log.slice(after, maxBytes),
    };
    const sockets = new LogSockets(ctx, source, deps.now);
    const effects = new JobEffects(deps, ctx.storage, objectId, cases);
    const changes = new JobChanges(storage, effects, sockets, this.#waiters);
    this.#deps = deps;
    this.#storage = storage;
    this.#log = log;
    this.#cases = cases;
    this.#sockets = sockets;
    this.#effects = effects;
    this.#changes = changes;
    this.#attempts = new JobAttempts(deps, objectId, { storage, log, cases, sockets, changes });
    this.#uploads = new UploadWatch(deps, storage, changes);
  }

  /** Accepts a job; asked again with the same id it answers with the job that is there. */
  async create(job: NewJob): Promise<JobSnapshot> {
    const present = this.#storage.record();
    if (present !== null) return snapshotOf(present);
    const record = newJob(job, this.#deps.ids.keyPart(), this.#deps.now());
    if (job.door !== undefined) this.#storage.writeDoorData(job.door.data);
    await this.#changes.begin(record);
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
    return record === null ? null : this.#log.page(record, after, maxBytes, maxRecords);
  }

  /** Results of the newest attempt's cases from `from` on, at most `limit`. */
  cases(from: number, limit: number): StoredCase[] | null {
    const record = this.#storage.record();
    return record === null ? null : this.#cases.page(record, from, limit);
  }

  /** What the door that the job came by keeps of the request; null where it came by none. */
  doorData(): StoredBytes | null {
    return this.#storage.doorData();
  }

  logTail(maxBytes: number): string | null {
    const record = this.#storage.record();
    return record === null ? null : this.#log.tailText(record, maxBytes);
  }

  async cancel(): Promise<JobSnapshot | null> {
    const before = this.#storage.record();
    if (before === null) return null;
    const after = cancel(before, this.#deps.now());
    if (after !== before) await this.#changes.commit(after);
    // It may have ended while the change was carried out.
    const attempt = this.#storage.record()?.attempt ?? null;
    // A function learns of it with its next heartbeat; no executor knows of it.
    if (attempt !== null && after.task.kind === "program") {
      const ended = this.#waiters.wait(CANCEL_WAIT_MS);
      await this.#effects.withdraw(attempt);
      await ended;
    }
    return this.snapshot();
  }

  async remove(): Promise<void> {
    const record = this.#storage.record();
    if (record === null) return;
    if (record.task.kind === "program" && !isTerminal(record.state)) {
      await this.#effects.withdraw(record.attempt);
    }
    await this.#effects.settle(record);
    await this.#effects.announce(record);
    if (record.usesBucket) await this.#effects.removeFiles();
    await this.#effects.removeRow();
    this.#sockets.closeAll();
    await this.#storage.clear();
    this.#waiters.release();
  }

  offer(holder: Holder): Promise<OfferOutcome> {
    return this.#attempts.offer(holder);
  }

  offered(attemptId: string, bearer: AttemptBearer): Promise<AttemptRequest | null> {
    return this.#attempts.offered(attemptId, bearer);
  }

  async poolEntry(): Promise<PoolEntry | null> {
    const record = this.#storage.record();
    return record === null ? null : this.#effects.poolEntry(record);
  }

  giveUp(message: string): Promise<void> {
    return this.#attempts.giveUp(message);
  }

  startFunction(): Promise<FunctionRun | null> {
    return this.#attempts.startFunction();
  }

  failAttempt(attemptId: string, message: string): Promise<void> {
    return this.#attempts.fail(attemptId, message);
  }

  report(
    attemptId: string,
    bearer: AttemptBearer,
    events: readonly AttemptEvent[],
    proof: ReportProof | null,
  ): Promise<ReportOutcome> {
    return this.#attempts.report(attemptId, bearer, events, proof);
  }

  grantUploads(
    attemptId: string,
    bearer: AttemptBearer,
    files: readonly OutputFile[],
  ): Promise<string[] | null> {
    return this.#attempts.grantUploads(attemptId, bearer, files);
  }

  checkUploads(isPolled: boolean): Promise<UploadCheck> {
    return this.#uploads.check(isPolled);
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
    const after = Number.isInteger(asked) ? Math.min(asked, this.#log.nextSeq() - 1) : record.firstSeq - 1;
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
    if (isRetentionOver(record, now)) {
      return record.retains === "record" ? this.#deleteFiles(record) : this.remove();
    }
    if (isUploadCheckDue(record, now)) await this.#uploads.checkByAlarm();
    return this.#changes.tick(this.#storage.record() ?? record, now);
  }

  /** The end of the retention for a job whose record stays. */
  async #deleteFiles(record: JobRecord): Promise<void> {
    await this.#effects.removeFiles();
    await this.#changes.commit(filesDeleted(record, this.#deps.now()));
  }
}
