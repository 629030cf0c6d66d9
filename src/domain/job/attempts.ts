import { CASES_WALL_MS } from "../../wire/judging.ts";
import { HEARTBEAT_MS, LEASE_MS } from "../../wire/limits.ts";
import type { FinishedEvent } from "../../wire/report.ts";
import { endJob, resultOf, withoutRun } from "./endings.ts";
import { type Attempt, changed, type JobRecord, type Task } from "./record.ts";

/** A job whose attempts were lost with their executors, or blamed on the infrastructure, so often fails. */
const MAX_LOST = 3;
/** Attempts in all, those that do not count included, so that no job goes round for ever. */
const MAX_ATTEMPTS = 20;
/** Beyond the program's own time: fetching inputs and storing outputs. */
const ATTEMPT_OVERHEAD_MS = 10 * 60_000;

/** The program's own time: its compile step's, and its run's or all its cases'. */
const timeoutMsOf = (task: Task): number => {
  if (task.kind !== "program") return task.timeoutMs;
  const compileMs = task.language?.compile?.limits.timeoutMs ?? 0;
  return compileMs + (task.cases === undefined ? task.limits.timeoutMs : CASES_WALL_MS);
};

/** A queued job is held from now on. `nextSeq` is the number of the next log record. */
export const startAttempt = (
  record: JobRecord,
  holder: Pick<Attempt, "id" | "tokenHash" | "holder">,
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
    firstSeq: nextSeq,
  });
};

/** Whether the lease is old enough that storing a newer one is worth a row. */
export const leaseIsStale = (attempt: Attempt, now: number): boolean =>
  attempt.leaseUntilMs - now <= LEASE_MS - HEARTBEAT_MS;

/** The attempt after a heartbeat; what it used never falls. */
export const renewLease = (
  attempt: Attempt,
  lastEvent: number,
  cpuSeconds: number | null,
  now: number,
): Attempt => ({
  ...usedAtLeast(attempt, cpuSeconds ?? 0),
  leaseUntilMs: now + LEASE_MS,
  lastEvent,
});

const usedAtLeast = (attempt: Attempt, cpuSeconds: number): Attempt => ({
  ...attempt,
  cpuSeconds: Math.max(attempt.cpuSeconds ?? 0, cpuSeconds),
});

/** Adds what the lost attempt used to what is charged at the job's end. */
const withLostCpu = (record: JobRecord): JobRecord => ({
  ...record,
  lostCpuSeconds: (record.lostCpuSeconds ?? 0) + (record.attempt?.cpuSeconds ?? 0),
});

/**
 * What follows when an attempt is lost: cancelled if that was asked, else again, else failed. One that was
 * ended in order, such as by a rollout, does not count. What it said that it used is charged all the same.
 */
export const loseAttempt = (before: JobRecord, message: string, now: number, counts = true): JobRecord => {
  const record = withLostCpu(before);
  if (record.cancelRequested) return endJob(record, withoutRun("cancelled", null), now);
  const attemptsLost = (record.attemptsLost ?? 0) + (counts ? 1 : 0);
  const isGivenUp = attemptsLost >= MAX_LOST || record.attemptsMade >= MAX_ATTEMPTS;
  if (isGivenUp) return endJob({ ...record, attemptsLost }, withoutRun("infrastructure", message), now);
  const lostWith = record.attempt?.holder?.instance ?? null;
  const change = { state: "queued", attempt: null, dispatchedAtMs: now, attemptsLost, lostWith } as const;
  return changed(record, now, change, `attempt ${record.attemptsMade} lost: ${message}`);
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
    const used = { ...record, attempt: usedAtLeast(attempt, event.cpuSeconds) };
    const message = event.message ?? "the executor could not run the program";
    return loseAttempt(used, message, now, event.executorStopped !== true);
  }
  return endJob(record, resultOf(event, attempt.id, logTruncated), now);
};
