import { isTerminal, type JobStatus, type Lease, type NewTypedJob, type TypedJob } from "./job.ts";

/** What a failed send leaves in `errors`; the cause stands in the service's log alone. */
export const QUEUE_FAILURE = "ERROR - the queue did not take the job";
/** What a worker that fell silent leaves in `errors`. */
export const NO_NEWS = "ERROR - the worker sent no news in time";

/**
 * A status change with what belongs to it: completion time set on entry, cleared on leaving. Every way
 * into an end is an end of its own, the same one once more included.
 */
const entering = (job: TypedJob, status: JobStatus, now: number): TypedJob => {
  const stays = isTerminal(job.status) && job.status === status;
  const completedAtMs = isTerminal(status) ? (stays ? job.completedAtMs : now) : null;
  const revision = isTerminal(status) ? job.revision + 1 : job.revision;
  const lease = status === "processing" ? job.lease : null;
  return { ...job, status, completedAtMs, revision, lease };
};

const changed = (job: TypedJob, now: number): TypedJob => ({
  ...job,
  version: job.version + 1,
  updatedAtMs: Math.max(now, job.updatedAtMs),
});

export const newTypedJob = (job: NewTypedJob, now: number): TypedJob => ({
  id: job.id,
  owner: job.owner,
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
  revision: 0,
  fingerprint: job.fingerprint ?? null,
  lease: null,
});

/** The queue has the message. A worker may have been faster: what it wrote stays. */
export const sent = (job: TypedJob, now: number): TypedJob => ({
  ...changed(job.status === "pending" ? { ...job, status: "queued" } : job, now),
  queueDue: null,
});

/** The queue refused the message: the job ends, unless a worker works on it all the same. */
export const sendFailed = (job: TypedJob, now: number): TypedJob => {
  const settled = { ...changed(job, now), queueDue: null };
  if (job.status !== "pending") return settled;
  return { ...entering(settled, "error", now), errors: [...(job.errors ?? []), QUEUE_FAILURE] };
};

/** A job that the queue refused, asked for once more under its key: its message is owed again. */
export const sendAgain = (job: TypedJob, queue: string, now: number): TypedJob => ({
  ...entering(changed(job, now), "pending", now),
  queueDue: queue,
});

/** Whether the operator may have the job worked on again: one that has its result, or was cancelled, stays. */
export const mayRedrive = ({ status }: TypedJob): boolean => status !== "completed" && status !== "cancelled";

/** A job that waits for a worker anew, whoever had it; its message is owed again where there is a queue. */
export const redriven = (job: TypedJob, queue: string | null, now: number): TypedJob => ({
  ...entering(changed(job, now), queue === null ? "queued" : "pending", now),
  queueDue: queue,
});

/** Whether the job's only end is that the queue refused it. */
export const wasNeverSent = (job: TypedJob): boolean =>
  job.status === "error" && job.errors?.at(-1) === QUEUE_FAILURE;

export type Result = {
  readonly payload: string;
  /** Appended to the job's; null leaves them as they are. */
  readonly warnings: readonly string[] | null;
};

const append = (
  present: readonly string[] | null,
  more: readonly string[] | null,
): readonly string[] | null => (more === null ? present : [...(present ?? []), ...more]);

/** A submitted result: each one replaces the payload and the completion time. */
export const complete = (job: TypedJob, result: Result, now: number): TypedJob => ({
  ...entering(changed(job, now), "completed", now),
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
  /** How long the job may be without news from now on; null keeps what was promised before. */
  readonly leaseMs: number | null;
};

/** The lease that news renew; only a processing job has one. */
export const renewed = (job: TypedJob, leaseMs: number | null, now: number): Lease | null => {
  const forMs = leaseMs ?? job.lease?.forMs ?? null;
  return job.status !== "processing" || forMs === null ? null : { forMs, untilMs: now + forMs };
};

/** Whether a change says no more than that the worker is still there. */
export const isHeartbeat = ({ status, errors, warnings }: Patch): boolean =>
  status === null && errors === null && warnings === null;

/** Sets the status and appends notes; nothing ever removes an entry. */
export const patch = (job: TypedJob, change: Patch, now: number): TypedJob => {
  if (isHeartbeat(change)) return { ...job, lease: renewed(job, change.leaseMs, now) };
  const empty = change.fillsNulls ? [] : null;
  const moved = change.status === null ? changed(job, now) : entering(changed(job, now), change.status, now);
  return {
    ...moved,
    lease: renewed(moved, change.leaseMs, now),
    errors: append(job.errors, change.errors ?? empty),
    warnings: append(job.warnings, change.warnings ?? empty),
  };
};

/** The deployer's `onJobRequest` threw: noted, and the job ends unless a worker has taken it. */
export const hookFailed = (job: TypedJob, message: string, now: number): TypedJob => {
  const noted = { ...changed(job, now), errors: [...(job.errors ?? []), message] };
  return job.status === "pending" || job.status === "queued" ? entering(noted, "error", now) : noted;
};

/** What a caller demands of the job before it is written. */
export type WriteGuard = {
  /** Versions of `If-Match`; "any" asks only that the job exists, null asks nothing. */
  readonly versions: readonly number[] | "any" | null;
  /** Keeps a terminal status. */
  readonly strict: boolean;
  /** Whose the job must be; null asks nothing. */
  readonly owner: string | null;
};

/** Whether the job is there for this owner; null reaches the jobs of all. */
export const isReachable = (job: Pick<TypedJob, "owner">, owner: string | null): boolean =>
  owner === null || job.owner === owner;

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

/** Takes a waiting job for a worker, which promises news; null when somebody else has it. */
export const claim = (job: TypedJob, leaseMs: number, now: number): TypedJob | null => {
  if (job.status !== "queued") return null;
  const taken = entering(changed(job, now), "processing", now);
  return { ...taken, lease: renewed(taken, leaseMs, now) };
};

/** Ends a job whose worker fell silent; null while there is nothing to end. */
export const outOfTime = (job: TypedJob, now: number): TypedJob | null => {
  if (job.status !== "processing" || job.lease === null || job.lease.untilMs > now) return null;
  return { ...entering(changed(job, now), "error", now), errors: [...(job.errors ?? []), NO_NEWS] };
};

/** When the job has to be looked at again by itself; null when never. */
export const nextDeadlineMs = ({ expiresAtMs, lease }: TypedJob): number | null => {
  const deadlines = [expiresAtMs, lease?.untilMs ?? null].filter((atMs) => atMs !== null);
  return deadlines.length === 0 ? null : Math.min(...deadlines);
};

export const hasExpired = (job: TypedJob, now: number): boolean =>
  job.expiresAtMs !== null && job.expiresAtMs <= now;
