import { isTerminal, type JobStatus, type NewTypedJob, type TypedJob } from "./job.ts";

/** What a failed send leaves in `errors`; the cause stands in the service's log alone. */
export const QUEUE_FAILURE = "ERROR - the queue did not take the job";

/** A status change with what belongs to it: completion time set on entry, cleared on leaving (O18). */
const entering = (job: TypedJob, status: JobStatus, now: number): TypedJob => {
  const stays = isTerminal(job.status) && job.status === status;
  const completedAtMs = isTerminal(status) ? (stays ? job.completedAtMs : now) : null;
  return { ...job, status, completedAtMs };
};

const changed = (job: TypedJob, now: number): TypedJob => ({
  ...job,
  version: job.version + 1,
  updatedAtMs: Math.max(now, job.updatedAtMs),
});

export const newTypedJob = (job: NewTypedJob, now: number): TypedJob => ({
  id: job.id,
  status: job.queue === null ? "queued" : "pending",
  version: 1,
  registeredAtMs: now,
  updatedAtMs: now,
  completedAtMs: null,
  errors: null,
  warnings: null,
  settings: job.settings,
  requestPayload: job.requestPayload,
  responsePayload: null,
  queueDue: job.queue,
  expiresAtMs: job.retentionMs === null ? null : now + job.retentionMs,
  webhooks: job.webhooks,
});

/** The queue has the message. A worker may have been faster: what it wrote stays (O8). */
export const sent = (job: TypedJob, now: number): TypedJob => ({
  ...changed(job.status === "pending" ? { ...job, status: "queued" } : job, now),
  queueDue: null,
});

/** The queue refused the message: the job ends, unless a worker works on it all the same (O9). */
export const sendFailed = (job: TypedJob, now: number): TypedJob => {
  const settled = { ...changed(job, now), queueDue: null };
  if (job.status !== "pending") return settled;
  return { ...entering(settled, "error", now), errors: [...(job.errors ?? []), QUEUE_FAILURE] };
};

export type Result = {
  readonly payload: string;
  /** Appended to the job's; null leaves them as they are. */
  readonly warnings: readonly string[] | null;
};

const append = (
  present: readonly string[] | null,
  more: readonly string[] | null,
): readonly string[] | null => (more === null ? present : [...(present ?? []), ...more]);

/** A submitted result: each one replaces the payload and the completion time (contract 7). */
export const complete = (job: TypedJob, result: Result, now: number): TypedJob => ({
  ...changed(job, now),
  status: "completed",
  completedAtMs: now,
  responsePayload: result.payload,
  warnings: append(job.warnings, result.warnings),
});

export type Patch = {
  /** Null leaves the status as it is. */
  readonly status: JobStatus | null;
  readonly errors: readonly string[] | null;
  readonly warnings: readonly string[] | null;
  /** Whether null lists become empty ones, as the route does. */
  readonly fillsNulls: boolean;
};

/** Sets the status and appends notes; nothing ever removes an entry. */
export const patch = (job: TypedJob, change: Patch, now: number): TypedJob => {
  const empty = change.fillsNulls ? [] : null;
  return {
    ...entering(changed(job, now), change.status ?? job.status, now),
    errors: append(job.errors, change.errors ?? empty),
    warnings: append(job.warnings, change.warnings ?? empty),
  };
};

/** The deployer's `onJobRequest` threw: noted, and the job ends unless a worker has taken it (O8). */
export const hookFailed = (job: TypedJob, message: string, now: number): TypedJob => {
  const noted = { ...changed(job, now), errors: [...(job.errors ?? []), message] };
  return job.status === "pending" || job.status === "queued" ? entering(noted, "error", now) : noted;
};

/** What a caller demands of the job before it is written. */
export type WriteGuard = {
  /** Versions of `If-Match`; "any" asks only that the job exists, null asks nothing. */
  readonly versions: readonly number[] | "any" | null;
  /** Keeps a terminal status: contract 0.6. */
  readonly strict: boolean;
};

export type Refusal = "stale" | "terminal";

/** Why a write that leads to `status` (null: none) may not happen; null when it may. */
export const refusalOf = (
  job: TypedJob,
  guard: WriteGuard,
  status: JobStatus | null,
  repeats: boolean,
): Refusal | null => {
  if (Array.isArray(guard.versions) && !guard.versions.includes(job.version)) return "stale";
  if (!guard.strict || !isTerminal(job.status) || status === null) return null;
  return repeats && status === job.status ? null : "terminal";
};

export const hasExpired = (job: TypedJob, now: number): boolean =>
  job.expiresAtMs !== null && job.expiresAtMs <= now;
