import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../src/adapters/clock.ts";
import { JobStorage } from "../src/adapters/job-storage.ts";
import { refusedSocket } from "../src/adapters/refused-socket.ts";
import { serviceLog } from "../src/deps.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import { isRetentionOver, isRowRetentionOver, isUploadCheckDue } from "../src/domain/job/deadlines.ts";
import { keepsInputs } from "../src/domain/job/endings.ts";
import { inspectionOf } from "../src/domain/job/inspection.ts";
import { downloaded } from "../src/domain/job/lifecycle.ts";
import { type NewJob, newJob } from "../src/domain/job/new-job.ts";
import {
  type Holder,
  type JobRecord,
  type JobSnapshot,
  type StoredBytes,
  snapshotOf,
} from "../src/domain/job/record.ts";
import { redrive } from "../src/domain/job/redrive.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import type { PoolEntry } from "../src/domain/pool/types.ts";
import type {
  AttemptBearer,
  FunctionRun,
  JobInspection,
  LogPage,
  OfferOutcome,
  RedriveOutcome,
  Repeatable,
  ReportOutcome,
  ReportProof,
  StoredCase,
  StreamMode,
  UploadCheck,
} from "../src/domain/ports/job-objects.ts";
import type { AttemptRequest } from "../src/wire/attempt.ts";
import type { AttemptEvent, OutputFile, ReportedUsage } from "../src/wire/report.ts";
import { InteractiveSession, type SessionSide } from "./interactive-session.ts";
import { type JobParts, jobPartsOf } from "./job-parts.ts";
import { hear } from "./log-sockets.ts";
import { Waiters } from "./waiters.ts";

/** Requests that wait for the end of one job at a time; watchers have sockets. */
const HELD_WAITS = 100;

/**
 * One job: its record, its log, its watchers and its one alarm. Every decision is a pure function of
 * src/domain/job; the parts of this shell store what they say, and carry out what follows from it before
 * the caller is answered.
 */
export class JobObject extends DurableObject<Record<string, unknown>> {
  readonly #storage: JobStorage;
  readonly #waiters = new Waiters(HELD_WAITS);
  #made: JobParts | null = null;
  #session: InteractiveSession | null = null;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    this.#storage = new JobStorage(ctx.storage);
  }

  /** Accepts a job, whose slot is taken; asked again with the same id it answers with the job that is there. */
  async create(job: NewJob): Promise<JobSnapshot> {
    const present = this.#storage.record();
    if (present !== null) return snapshotOf(present);
    const { deps, changes } = this.#parts;
    const record = newJob(job, deps.ids.keyPart(), deps.now());
    try {
      this.#storage.write(record);
      if (job.door !== undefined) this.#storage.writeDoorData(job.door.data);
    } catch (error) {
      await this.#storage.clear();
      throw error;
    }
    await changes.begin(record);
    return snapshotOf(record);
  }

  snapshot(): JobSnapshot | null {
    const record = this.#shown();
    return record === null ? null : snapshotOf(record);
  }

  /** Resolves with the job when it has ended, or as it is after this time. */
  async waitForEnd(timeoutMs: number): Promise<JobSnapshot | null> {
    const record = this.#shown();
    if (record !== null && !isTerminal(record.state)) {
      const ended = this.#waiters.wait(timeoutMs);
      if (record.upload !== null) void this.#parts.uploads.watch(() => this.#waiters.count > 0);
      await ended;
    }
    return this.snapshot();
  }

  logs(after: number | null, maxBytes: number, maxRecords?: number): LogPage | null {
    const record = this.#shown();
    return record === null ? null : this.#parts.log.page(record, after, maxBytes, maxRecords);
  }

  /** Results of the newest attempt's cases from `from` on, at most `limit`. */
  cases(from: number, limit: number): StoredCase[] | null {
    const record = this.#shown();
    return record === null ? null : this.#parts.cases.page(record, from, limit);
  }

  /** What the door that the job came by keeps of the request; null where it came by none. */
  doorData(): StoredBytes | null {
    return this.#shown() === null ? null : this.#storage.doorData();
  }

  repeatable(): Repeatable | null {
    const record = this.#shown();
    return record === null || !keepsInputs(record) || record.task.kind !== "program"
      ? null
      : { owner: record.owner, task: record.task, webhooks: record.webhooks };
  }

  logTail(maxBytes: number): string | null {
    const record = this.#shown();
    return record === null ? null : this.#parts.log.tailText(record, maxBytes);
  }

  /** Asks the job to stop, and waits a little for its program to be dead. */
  async cancel(): Promise<JobSnapshot | null> {
    const before = this.#shown();
    if (before === null) return null;
    await this.#parts.ending.cancel(before);
    return this.snapshot();
  }

  /** The job for a download of all its files, which may be made again for a while after the first. */
  forDownload(): JobSnapshot | null {
    const record = this.#storage.record();
    return record === null ? null : snapshotOf(record);
  }

  /** Notes that a client was sent everything: from now on the job is only there for another download. */
  async noteDownloaded(): Promise<void> {
    const record = this.#shown();
    if (record === null || !isTerminal(record.state)) return;
    const { deps, effects, sockets } = this.#parts;
    const next = downloaded(record, deps.now());
    this.#storage.write(next);
    sockets.closeAll();
    await effects.schedule();
  }

  /** Deletes the job and all that it owns; one that has not ended is cancelled first. */
  async remove(): Promise<void> {
    if (this.#storage.hasJob) await this.#parts.ending.remove();
  }

  offer(holder: Holder): Promise<OfferOutcome> {
    return this.#parts.attempts.offer(holder);
  }

  offered(attemptId: string, bearer: AttemptBearer): Promise<AttemptRequest | null> {
    return this.#parts.attempts.offered(attemptId, bearer);
  }

  async poolEntry(): Promise<PoolEntry | null> {
    const record = this.#storage.record();
    return record === null ? null : this.#parts.effects.poolEntry(record);
  }

  async queuePosition(place: number): Promise<boolean> {
    return this.#parts.position.told(place);
  }

  giveUp(message: string): Promise<void> {
    return this.#parts.attempts.giveUp(message);
  }

  startFunction(): Promise<FunctionRun | null> {
    return this.#parts.attempts.startFunction();
  }

  failAttempt(attemptId: string, message: string): Promise<void> {
    return this.#parts.attempts.fail(attemptId, message);
  }

  report(
    attemptId: string,
    bearer: AttemptBearer,
    events: readonly AttemptEvent[],
    proof: ReportProof | null,
    usage: ReportedUsage | null = null,
  ): Promise<ReportOutcome> {
    return this.#parts.attempts.report(attemptId, bearer, events, proof, usage);
  }

  grantUploads(
    attemptId: string,
    bearer: AttemptBearer,
    files: readonly OutputFile[],
  ): Promise<string[] | null> {
    return this.#parts.attempts.grantUploads(attemptId, bearer, files);
  }

  mayInteract(attemptId: string, bearer: AttemptBearer): Promise<boolean> {
    return this.#parts.attempts.mayInteract(attemptId, bearer);
  }

  checkUploads(isPolled: boolean): Promise<UploadCheck> {
    return this.#parts.uploads.check(isPolled);
  }

  /** Queues the job anew for its operator; null where there is none. */
  async redrive(): Promise<RedriveOutcome | null> {
    const before = this.#shown();
    if (before === null) return null;
    const { deps, changes, effects } = this.#parts;
    const outcome = redrive(before, deps.now());
    if (outcome.kind === "refused") return { kind: "refused", message: outcome.message };
    await changes.commit(outcome.record);
    // A job that waits already is sent on its way by no change of its state.
    if (before.state === "queued") await effects.dispatch(outcome.record);
    return { kind: "redriven" };
  }

  /** Writes the job's row again, where the database has lost it; false when no job is here. */
  async rebuild(): Promise<boolean> {
    const record = this.#storage.record();
    if (record === null) return false;
    await this.#parts.effects.projectAgain(record);
    return true;
  }

  /** The job with what only its operator is shown; null where there is none. */
  async inspect(): Promise<JobInspection | null> {
    const record = this.#shown();
    const wakesAtMs = await this.ctx.storage.getAlarm();
    return record === null ? null : inspectionOf(record, this.#storage.failures(), wakesAtMs);
  }

  /** Does what is overdue, for a sweep that finds an alarm lost; false when no job is here. */
  async catchUp(): Promise<boolean> {
    if (this.#storage.record() === null) return false;
    await this.alarm();
    return this.#storage.record() !== null;
  }

  /**
   * Never throws: the platform gives a failing alarm up after six retries, and with it the job. That the
   * configuration is broken shows here, inside, and is one of the things that may pass.
   */
  override async alarm(): Promise<void> {
    try {
      await this.#onAlarm();
    } catch (error) {
      serviceLog.error("job.alarm_failed", error);
      if (!this.#storage.hasJob) return;
      const delayMs = retryDelayMs(this.#storage.noteFailure(), Math.random());
      await this.ctx.storage.setAlarm(systemClock() + delayMs);
    }
  }

  /** Opens one side of an interactive job's session. A client that goes away ends its program. */
  #joinSession(side: SessionSide): Response {
    this.#session ??= new InteractiveSession(() => this.ctx.waitUntil(this.cancel()));
    return this.#session.join(side);
  }

  /** Opens a watcher's socket; the Worker has put the mode, the shown id and the start into headers. */
  override async fetch(request: Request): Promise<Response> {
    const side = /^\/session\/(client|program)$/.exec(new URL(request.url).pathname)?.[1];
    if (side !== undefined) return this.#joinSession(side as SessionSide);
    const mode = (request.headers.get("x-stream-mode") ?? "lines") as StreamMode;
    const record = this.#shown();
    if (record === null) return refusedSocket(mode, request.headers.get("x-stream-id") ?? "");
    const { log, sockets, effects, position } = this.#parts;
    if (sockets.isFull) return new Response(null, { status: 429 });
    const asked = Number(request.headers.get("x-stream-after") ?? Number.NaN);
    const after = Number.isInteger(asked) ? Math.min(asked, log.nextSeq() - 1) : record.firstSeq - 1;
    const keyId = request.headers.get("x-stream-key");
    const answer = sockets.accept(mode, after, snapshotOf(record), keyId);
    position.askSoon();
    await effects.schedule();
    return answer;
  }

  override webSocketMessage(socket: WebSocket): void {
    hear(socket);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  /** Made where they are used: an object whose configuration is broken still has its alarm. */
  get #parts(): JobParts {
    this.#made ??= jobPartsOf(this.ctx, this.env, { storage: this.#storage, waiters: this.#waiters });
    return this.#made;
  }

  /** The job, unless all that is left of it is there for a repeated download. */
  #shown(): JobRecord | null {
    const record = this.#storage.record();
    const isGoing = this.#made?.ending.isGoing === true || this.#storage.isRemoving;
    return record?.downloadedAtMs === undefined && !isGoing ? record : null;
  }

  /** Where keys cannot be looked up now, that is left to the next ping: the job itself does not wait for it. */
  async #endRefused(): Promise<void> {
    const { deps, sockets } = this.#parts;
    try {
      await sockets.endRefused(deps.isKeyGood);
    } catch (error) {
      deps.log.error("job.keys_unknown", error);
    }
  }

  async #onAlarm(): Promise<void> {
    if (this.#storage.record() === null) return;
    await this.#endRefused();
    const record = this.#storage.record();
    if (record === null) return;
    const { deps, changes, ending, sockets, uploads, position } = this.#parts;
    const now = deps.now();
    sockets.ping();
    position.ask();
    if (this.#storage.isRemoving) return ending.goOn();
    if (isRetentionOver(record, now)) {
      return record.retains === "record" ? ending.deleteFiles(record) : ending.goOn();
    }
    if (isRowRetentionOver(record, now)) return ending.remove();
    if (isUploadCheckDue(record, now)) await uploads.checkByAlarm();
    return changes.tick(this.#storage.record() ?? record, now);
  }
}
