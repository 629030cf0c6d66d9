import { HEARTBEAT_MS } from "../../wire/limits.ts";
import { loseAttempt } from "./attempts.ts";
import { endJob, spent, withoutRun } from "./endings.ts";
import { changed, type JobRecord } from "./record.ts";
import { isTerminal } from "./state.ts";

/** Whether a change queued the job: its uploads came, or an attempt was lost. */
export const isToBeDispatched = (before: JobRecord, after: JobRecord): boolean =>
  after.state === "queued" && before.state !== "queued";

/** Whether a change ended a job that may wait in the pool, or be held by an executor. */
export const isToBeWithdrawn = (before: JobRecord, after: JobRecord): boolean =>
  after.task.kind === "program" &&
  isTerminal(after.state) &&
  (before.state === "queued" || before.attempt !== null);

/**
 * Asks a job to stop. A queued job ends at once; a running one is marked, and ends when its executor
 * says so or when its lease runs out, which is now cut to one heartbeat: a silent executor would keep the
 * client waiting. An ended job stays as it is.
 */
export const cancel = (record: JobRecord, now: number): JobRecord => {
  if (isTerminal(record.state) || record.cancelRequested) return record;
  if (record.attempt !== null) {
    const leaseUntilMs = Math.min(record.attempt.leaseUntilMs, now + HEARTBEAT_MS);
    return changed(record, now, { cancelRequested: true, attempt: { ...record.attempt, leaseUntilMs } });
  }
  return endJob({ ...record, cancelRequested: true }, withoutRun("cancelled", null), now);
};

/** A job whose files were deleted at the end of their retention: what is left of it is what lists show. */
export const filesDeleted = (record: JobRecord, now: number): JobRecord =>
  changed(record, now, { filesDeletedAtMs: now, usesBucket: false, task: spent(record.task) });

/** Marks an ended job all of whose files were sent: all that is left of it is there to be sent again for a while. */
export const downloaded = (record: JobRecord, now: number): JobRecord =>
  record.downloadedAtMs === undefined ? { ...record, downloadedAtMs: now } : record;

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
    return endJob(record, withoutRun("expired", "the upload did not come before its URL ended"), now);
  }
  if (record.state === "queued" && now >= record.queueDeadlineMs) {
    return endJob(record, withoutRun("infrastructure", "no executor was free before the deadline"), now);
  }
  return record;
};
