import { CASES_WALL_MS } from "../../wire/judging.ts";
import { HEARTBEAT_MS, LEASE_MS } from "../../wire/limits.ts";
import type { FinishedEvent } from "../../wire/report.ts";
import { endJob, resultOf, withoutRun } from "./endings.ts";
import { type Attempt, changed, type JobRecord, type Task } from "./record.ts";

/** An attempt that failed for the infrastructure's reasons is made again, up to this many in all. */
const MAX_ATTEMPTS = 3;
/** Beyond the program's own time: waiting in the executor, fetching inputs, storing outputs. */
const ATTEMPT_OVERHEAD_MS = 10 * 60_000;

/** The program's own time: its compile step's, and its run's or all its cases'. */
const timeoutMsOf = (task: Task): number => {
  if (task.kind !== "program") return task.timeoutMs;
  const compileMs = task.language?.compile?.limits.timeoutMs ?? 0;
  return compileMs + (task.cases === undefined ? task.limits.timeoutMs : CASES_WALL_MS);
};

/** Gives a queued job to an executor. `nextSeq` is the number of the next log record. */
export const startAttempt = (
  record: JobRecord,
  holder: Pick<Attempt, "id" | "tokenHash">,
  nextSeq: number,
  now: number,
): JobRecord => {
  const attempt: Attempt = {
    ...holder,
    startedAtMs: now,
    leaseUntilMs: now + LEASE_MS,
    deadlineMs: now + timeoutMsOf(record.task) + ATTEMPT_OVERHEAD_MS,
    lastEvent: 0,
  };
  const { compiled: _earlier, ...fresh } = record;
  return changed(fresh, now, {
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

/** What follows when an attempt is lost: cancelled if that was asked, else again, else failed. */
export const loseAttempt = (record: JobRecord, message: string, now: number): JobRecord => {
  if (record.cancelRequested) return endJob(record, withoutRun("cancelled", null), now);
  if (record.attemptsMade >= MAX_ATTEMPTS) return endJob(record, withoutRun("infrastructure", message), now);
  return changed(record, now, { state: "queued", attempt: null, dispatchedAtMs: now });
};

/** Takes the executor's verdict; one that blames the infrastructure is a lost attempt. */
export const finishAttempt = (
  record: JobRecord,
  attempt: Attempt,
  event: FinishedEvent,
  logTruncated: boolean,
  now: number,
): JobRecord => {
  if (event.reason === "infrastructure") {
    const lostCpuSeconds = (record.lostCpuSeconds ?? 0) + event.cpuSeconds;
    return loseAttempt(
      { ...record, lostCpuSeconds },
      event.message ?? "the executor could not run the program",
      now,
    );
  }
  return endJob(record, resultOf(event, attempt.id, logTruncated), now);
};
