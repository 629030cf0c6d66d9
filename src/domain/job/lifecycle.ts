import { HEARTBEAT_MS, LEASE_MS } from "../../wire/limits.ts";
import type { FinishedEvent } from "../../wire/report.ts";
import type {
  Attempt,
  EndReason,
  InputFile,
  JobRecord,
  Result,
  Task,
  UploadPlan,
  WorkloadDetails,
} from "./record.ts";
import { type Face, isTerminal, type JobState } from "./state.ts";
import { firstCheckMs, nextCheckMs } from "./upload-checks.ts";

/** An attempt that failed for the infrastructure's reasons is made again, up to this many in all. */
export const MAX_ATTEMPTS = 3;
/** Beyond the program's own time: waiting in the executor, fetching inputs, storing outputs. */
export const ATTEMPT_OVERHEAD_MS = 10 * 60_000;

export type NewJob = {
  readonly id: string;
  readonly face: Face;
  readonly clientKey: string | null;
  readonly task: Task;
  readonly queueWaitMs: number;
  readonly retentionMs: number;
  readonly retains?: JobRecord["retains"];
  readonly workload?: WorkloadDetails;
  /** The job waits for these parts before it is queued. */
  readonly upload?: Omit<UploadPlan, "checkAtMs">;
  readonly webhooks?: JobRecord["webhooks"];
};

const inBucket = (task: Task): boolean =>
  task.kind === "program" && (task.inputs.kind === "object" || task.stdin?.kind === "object");

/** The record of a job that was just accepted. */
export const newJob = (job: NewJob, now: number): JobRecord => ({
  id: job.id,
  face: job.face,
  clientKey: job.clientKey,
  createdAtMs: now,
  updatedAtMs: now,
  startedAtMs: null,
  finishedAtMs: null,
  version: 1,
  state: job.upload === undefined ? "queued" : "created",
  task: job.task,
  workload: job.workload ?? null,
  upload: job.upload === undefined ? null : { ...job.upload, checkAtMs: firstCheckMs(now) },
  attempt: null,
  attemptsMade: 0,
  dispatchedAtMs: now,
  queueDeadlineMs: now + job.queueWaitMs,
  retentionMs: job.retentionMs,
  retains: job.retains ?? "nothing",
  filesDeletedAtMs: null,
  cancelRequested: false,
  firstSeq: 1,
  usesBucket: job.upload !== undefined || inBucket(job.task),
  result: null,
  webhooks: job.webhooks ?? [],
});

const changed = (record: JobRecord, now: number, change: Partial<JobRecord>): JobRecord => ({
  ...record,
  ...change,
  version: record.version + 1,
  updatedAtMs: now,
});

const timeoutMsOf = (task: Task): number =>
  task.kind === "program" ? task.limits.timeoutMs : task.timeoutMs;

/** Queues a job whose parts are all there. */
export const beginProcessing = (record: JobRecord, files: readonly InputFile[], now: number): JobRecord =>
  changed(record, now, {
    state: "queued",
    upload: null,
    task: { ...record.task, files },
    dispatchedAtMs: now,
    queueDeadlineMs: now + (record.queueDeadlineMs - record.createdAtMs),
  });

/** Ends a job whose uploaded parts cannot be used; `message` says which and why. */
export const refuseUpload = (record: JobRecord, message: string, now: number): JobRecord =>
  end(record, withoutRun("bad_input", message), now);

/** Puts the next look at the bucket where the schedule wants it; not a change that a client can see. */
export const uploadChecked = (record: JobRecord, now: number): JobRecord =>
  record.upload === null
    ? record
    : { ...record, upload: { ...record.upload, checkAtMs: nextCheckMs(record.createdAtMs, now) } };

export type AttemptSecrets = { readonly id: string; readonly tokenHash: string };

/** Gives a queued job to an executor. `nextSeq` is the number of the next log record. */
export const startAttempt = (
  record: JobRecord,
  secrets: AttemptSecrets,
  nextSeq: number,
  now: number,
): JobRecord => {
  const attempt: Attempt = {
    ...secrets,
    startedAtMs: now,
    leaseUntilMs: now + LEASE_MS,
    deadlineMs: now + timeoutMsOf(record.task) + ATTEMPT_OVERHEAD_MS,
    lastEvent: 0,
  };
  return changed(record, now, {
    state: "running",
    startedAtMs: record.startedAtMs ?? now,
    attempt,
    attemptsMade: record.attemptsMade + 1,
    dispatchedAtMs: now,
    firstSeq: nextSeq,
  });
};

/** Takes back an attempt that no executor accepted; it does not count as one. */
export const releaseAttempt = (record: JobRecord, now: number): JobRecord =>
  changed(record, now, {
    state: "queued",
    startedAtMs: record.attemptsMade === 1 ? null : record.startedAtMs,
    attempt: null,
    attemptsMade: record.attemptsMade - 1,
    dispatchedAtMs: now,
  });

/** Whether the lease is old enough that storing a newer one is worth a row. */
export const leaseIsStale = (attempt: Attempt, now: number): boolean =>
  attempt.leaseUntilMs - now <= LEASE_MS - HEARTBEAT_MS;

/** A heartbeat: not a change that a client can see. */
export const renewLease = (
  record: JobRecord,
  attempt: Attempt,
  lastEvent: number,
  now: number,
): JobRecord => ({
  ...record,
  attempt: { ...attempt, leaseUntilMs: now + LEASE_MS, lastEvent },
});

const END_STATE: Record<EndReason, JobState> = {
  exit: "failed",
  timeout_wall: "failed",
  timeout_cpu: "failed",
  memory: "failed",
  output_limit: "failed",
  signal: "failed",
  cancelled: "cancelled",
  infrastructure: "failed",
  expired: "expired",
  bad_input: "failed",
};

/** A task without what no attempt will read again. */
const spent = (task: Task): Task =>
  task.kind === "program"
    ? { ...task, inputs: { kind: "inline", bytes: new Uint8Array(0) }, stdin: null }
    : task;

/** Ends a job. The inputs are dropped: no attempt will read them again. */
const end = (record: JobRecord, result: Result, now: number): JobRecord =>
  changed(record, now, {
    state: result.reason === "exit" && result.exitCode === 0 ? "succeeded" : END_STATE[result.reason],
    finishedAtMs: now,
    attempt: null,
    upload: null,
    task: spent(record.task),
    result,
  });

const withoutRun = (reason: EndReason, message: string | null): Result => ({
  reason,
  exitCode: null,
  signal: null,
  message,
  cpuSeconds: 0,
  memoryPeakBytes: 0,
  wallTimeMs: 0,
  truncated: false,
  outputs: [],
  outputsDropped: 0,
  attemptId: null,
  isolation: null,
  signature: null,
});

const fromEvent = (event: FinishedEvent, attemptId: string, logTruncated: boolean): Result => ({
  reason: event.reason,
  exitCode: event.exitCode,
  signal: event.signal,
  message: event.message,
  cpuSeconds: event.cpuSeconds,
  memoryPeakBytes: event.memoryPeakBytes,
  wallTimeMs: event.wallTimeMs,
  truncated: logTruncated || event.truncated.stdout || event.truncated.stderr,
  outputs: event.outputs,
  outputsDropped: event.outputsDropped,
  attemptId,
  isolation: event.isolation,
  signature: event.signature,
});

/** What follows when an attempt is lost: cancelled if that was asked, else again, else failed. */
export const loseAttempt = (record: JobRecord, message: string, now: number): JobRecord => {
  if (record.cancelRequested) return end(record, withoutRun("cancelled", null), now);
  if (record.attemptsMade >= MAX_ATTEMPTS) return end(record, withoutRun("infrastructure", message), now);
  return changed(record, now, { state: "queued", attempt: null, dispatchedAtMs: now });
};

/** Whether a change queued the job: its uploads came, or an attempt that had been made was given up. */
export const isToBeDispatched = (before: JobRecord, after: JobRecord): boolean =>
  after.state === "queued" && before.state !== "queued" && after.attemptsMade === before.attemptsMade;

/** Takes the executor's verdict; one that blames the infrastructure is a lost attempt. */
export const finishAttempt = (
  record: JobRecord,
  attempt: Attempt,
  event: FinishedEvent,
  logTruncated: boolean,
  now: number,
): JobRecord => {
  if (event.reason === "infrastructure") {
    return loseAttempt(record, event.message ?? "the executor could not run the program", now);
  }
  return end(record, fromEvent(event, attempt.id, logTruncated), now);
};

/**
 * Asks a job to stop. A queued job ends at once; a running one is marked, and ends when its executor
 * says so or when its lease runs out, which is now cut to one heartbeat: an executor that the attempt
 * never reached would say nothing. An ended job stays as it is.
 */
export const cancel = (record: JobRecord, now: number): JobRecord => {
  if (isTerminal(record.state) || record.cancelRequested) return record;
  if (record.attempt !== null) {
    const leaseUntilMs = Math.min(record.attempt.leaseUntilMs, now + HEARTBEAT_MS);
    return changed(record, now, { cancelRequested: true, attempt: { ...record.attempt, leaseUntilMs } });
  }
  return end({ ...record, cancelRequested: true }, withoutRun("cancelled", null), now);
};

/** Marks a job whose files were deleted at the end of their retention. */
export const filesDeleted = (record: JobRecord, now: number): JobRecord =>
  changed(record, now, { filesDeletedAtMs: now, usesBucket: false });

/** What time alone does to a job: lost leases, attempts and queue waits that are over. */
export const tick = (record: JobRecord, now: number): JobRecord => {
  if (record.attempt !== null) {
    if (now >= record.attempt.deadlineMs) {
      return loseAttempt(record, "the attempt did not end by its deadline", now);
    }
    if (now >= record.attempt.leaseUntilMs) return loseAttempt(record, "the executor stopped reporting", now);
    return record;
  }
  if (record.upload !== null && now >= record.upload.untilMs) {
    return end(record, withoutRun("expired", "the upload did not come before its URL ended"), now);
  }
  if (record.state === "queued" && now >= record.queueDeadlineMs) {
    return end(record, withoutRun("infrastructure", "no executor was free before the deadline"), now);
  }
  return record;
};
