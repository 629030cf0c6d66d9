import { LEASE_MS } from "../../wire/limits.ts";
import { PING_MS } from "../streams/ping.ts";
import type { JobRecord } from "./record.ts";
import { isTerminal } from "./state.ts";

/**
 * A queued job asks again after this, and from then on at the slower pace: whoever was told of it may have
 * forgotten it. As long as a lease, so that the alarm of a job that started meanwhile need not be moved.
 */
const FIRST_ASK_MS = LEASE_MS;
const ASK_EVERY_MS = 10 * 60_000;
/** An alarm that comes up to this much early is left where it is: waking is cheaper than moving it. */
const EARLY_ALARM_MS = 60_000;

export type Deadlines = Readonly<Record<string, number>>;

/** A full download may be repeated for this long: a connection may break in its last bytes. */
const REPEATED_DOWNLOAD_MS = 10 * 60_000;

/**
 * When an ended job and all that it owns is deleted. Where the record stays, the files go by the age of
 * the oldest upload, which no file of the job is older than.
 */
const deleteAtMs = (record: JobRecord): number => {
  if (record.retains === "record") return record.createdAtMs + record.retentionMs;
  const keptUntilMs = (record.finishedAtMs ?? record.updatedAtMs) + record.retentionMs;
  if (record.downloadedAtMs === undefined) return keptUntilMs;
  return Math.min(keptUntilMs, record.downloadedAtMs + REPEATED_DOWNLOAD_MS);
};

/** How long records of before stay, which do not say it themselves. */
const ROW_RETENTION_MS = 90 * 86_400_000;

/** When a job whose files are deleted goes whole. */
const rowDeleteAtMs = ({ createdAtMs, rowRetentionMs = ROW_RETENTION_MS }: JobRecord): number =>
  createdAtMs + rowRetentionMs;

/** Whether nothing of a job whose files are deleted is to stay any longer. */
export const isRowRetentionOver = (record: JobRecord, now: number): boolean =>
  isTerminal(record.state) && record.filesDeletedAtMs !== null && now >= rowDeleteAtMs(record);

/** Whether an ended job is to be deleted; where the record stays, its files. */
export const isRetentionOver = (record: JobRecord, now: number): boolean =>
  isTerminal(record.state) && record.filesDeletedAtMs === null && now >= deleteAtMs(record);

export const isUploadCheckDue = (record: JobRecord, now: number): boolean =>
  record.upload !== null && now >= record.upload.checkAtMs;

/** Whether a queued job has waited long enough to ask again. */
export const isAskDue = (record: JobRecord, now: number): boolean =>
  record.state === "queued" && now >= record.dispatchedAtMs + FIRST_ASK_MS;

/** A job that is there after this says so to its client's quota, which else gives its slot away; most have ended. */
const HOLDS_SLOT_AFTER_MS = LEASE_MS;
/** It has said so by then; an instance that does not know says it again. */
const HAS_SAID_MS = 10 * 60_000;

/** Whether a job's slot is to be kept for as long as it may live. */
export const isHoldDue = ({ state, createdAtMs }: JobRecord, now: number): boolean =>
  !isTerminal(state) && now >= createdAtMs + HOLDS_SLOT_AFTER_MS && now < createdAtMs + HAS_SAID_MS;

/** When a queued job asks next, after now. */
const nextAskMs = ({ dispatchedAtMs }: JobRecord, now: number): number => {
  const firstMs = dispatchedAtMs + FIRST_ASK_MS;
  if (now < firstMs) return firstMs;
  return firstMs + (Math.floor((now - firstMs) / ASK_EVERY_MS) + 1) * ASK_EVERY_MS;
};

/** While nothing reports on a job, its watchers' sockets are kept open from the alarm. */
const pingOf = (now: number, isWatched: boolean): Deadlines => (isWatched ? { pingAtMs: now + PING_MS } : {});

/** The named instants at which time alone changes the job, in epoch ms; empty for a job that is gone. */
export const deadlinesOf = (record: JobRecord, now: number, isWatched = false): Deadlines => {
  if (isTerminal(record.state)) {
    if (record.filesDeletedAtMs !== null) return { rowDeleteAtMs: rowDeleteAtMs(record) };
    return { deleteAtMs: deleteAtMs(record) };
  }
  if (record.attempt !== null) {
    return { leaseUntilMs: record.attempt.leaseUntilMs, attemptDeadlineMs: record.attempt.deadlineMs };
  }
  if (record.upload !== null) {
    const { untilMs, checkAtMs } = record.upload;
    return { uploadUntilMs: untilMs, uploadCheckAtMs: checkAtMs, ...pingOf(now, isWatched) };
  }
  return {
    queueDeadlineMs: record.queueDeadlineMs,
    askAtMs: nextAskMs(record, now),
    ...pingOf(now, isWatched),
  };
};

/** The earliest deadline, or null when there is none. */
export const nextDeadline = (deadlines: Deadlines): number | null => {
  const instants = Object.values(deadlines);
  return instants.length === 0 ? null : Math.min(...instants);
};

/** When to try again what failed: `delayMs` from now, and no later than the next deadline, which may be another's. */
export const retryAtMs = (record: JobRecord, now: number, delayMs: number): number => {
  const ahead = Object.values(deadlinesOf(record, now)).filter((atMs) => atMs > now);
  return Math.min(now + delayMs, ...ahead);
};

/**
 * The alarm to set, or null to leave the present one. Moving an alarm writes a row, so one that would
 * merely wake the object a little early stays; the wake-up then asks again.
 */
export const alarmToSet = (present: number | null, wanted: number): number | null =>
  present !== null && present <= wanted && wanted - present <= EARLY_ALARM_MS ? null : wanted;
