import type { JobStatus } from "../../wire/typed-jobs.ts";
import { schemaOf } from "../stored.ts";
import type { Subscription } from "../webhooks/endpoint.ts";

export { JOB_STATUSES, type JobStatus } from "../../wire/typed-jobs.ts";

/** Statuses in which a job has a completion time, and which the strict guard never leaves. */
export const isTerminal = (status: JobStatus): boolean =>
  status === "completed" || status === "error" || status === "cancelled";

/** JSON as text: the core carries payloads and never looks into them. */
export type JsonText = string;

/** A typed job as its object keeps it. Instants are epoch milliseconds. */
export type TypedJob = {
  readonly id: string;
  /** Whose key made the job; null where none was needed. */
  readonly owner: string | null;
  readonly status: JobStatus;
  /** Rises by one with every stored change; it is the job's ETag. */
  readonly version: number;
  readonly registeredAtMs: number;
  readonly updatedAtMs: number;
  readonly completedAtMs: number | null;
  readonly errors: readonly string[] | null;
  readonly warnings: readonly string[] | null;
  /** The settings at the time of creation; null without a settings model. */
  readonly settings: JsonText | null;
  readonly requestPayload: JsonText;
  readonly responsePayload: JsonText | null;
  /** Name of the queue binding that still has to take the job's message. */
  readonly queueDue: string | null;
  /** When the job is deleted; null keeps it. */
  readonly expiresAtMs: number | null;
  /** Who is to hear how the job ends. */
  readonly webhooks: readonly Subscription[];
  /** How often the job has come to an end; each end is an event of its own. */
  readonly revision: number;
  /** What an Idempotency-Key made it of; null for a job that was made without one. */
  readonly fingerprint: string | null;
  /** While the job is processing: how long it may be without news. Null lets it take its time. */
  readonly lease: Lease | null;
};

/** A job of the first schema has no owner, ends or key where it was made before there were any. */
type FirstTypedJob = Omit<TypedJob, "owner" | "revision" | "fingerprint"> &
  Partial<Pick<TypedJob, "owner" | "revision" | "fingerprint">>;

const fromFirst = (first: FirstTypedJob): TypedJob => ({
  ...first,
  owner: first.owner ?? null,
  revision: first.revision ?? 0,
  fingerprint: first.fingerprint ?? null,
});

/** A typed job as its object keeps it, payloads and notes with it. */
export const typedJobSchema = schemaOf<TypedJob>("a typed job", [fromFirst]);

/** A promise of news; at `untilMs` a job that is still processing ends in error. */
export type Lease = { readonly forMs: number; readonly untilMs: number };

export type NewTypedJob = {
  readonly id: string;
  readonly owner: string | null;
  readonly settings: JsonText | null;
  readonly requestPayload: JsonText;
  /** Name of the queue binding to send to; null when there is none. */
  readonly queue: string | null;
  /** How long the job is kept; null for ever. */
  readonly retentionMs: number | null;
  readonly webhooks: readonly Subscription[];
  readonly fingerprint?: string;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text has the form of our ids; anything else names no job. */
export const isJobId = (text: string): boolean => UUID.test(text);
