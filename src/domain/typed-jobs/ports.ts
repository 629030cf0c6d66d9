import type { Cursor } from "./cursor.ts";
import type { NewTypedJob, TypedJob } from "./job.ts";
import type { Patch, Refusal, Result, WriteGuard } from "./lifecycle.ts";
import type { JobFilter, ListQuery } from "./list-query.ts";
import type { IdsPage, Page } from "./page.ts";
import type { TypedJobRow } from "./row.ts";
import type { SettingsRecord } from "./settings.ts";

export type CreateOutcome = {
  /**
   * `unsent`: the queue refused the job's message, so the job has ended in `error`. `present`: the job
   * was there already. `other_body`: it was, made of something else.
   */
  readonly kind: "accepted" | "present" | "unsent" | "other_body" | "too_large";
  readonly job: TypedJob;
};

export type WriteOutcome =
  | { readonly kind: "written"; readonly job: TypedJob }
  | { readonly kind: "not_found" }
  /** The job's notes, or all of it, would outgrow its row. */
  | { readonly kind: "too_large" }
  | { readonly kind: Refusal; readonly job: TypedJob };

/** One typed job's object, seen from outside; every write passes through it. */
export type TypedJobHandle = {
  create(job: NewTypedJob): Promise<CreateOutcome>;
  read(): Promise<TypedJob | null>;
  /** Takes a queued job, whose worker promises news; null when there is nothing to take. */
  claim(leaseMs: number): Promise<TypedJob | null>;
  /** Deletes the job, if it is there for this owner; null reaches the jobs of all. */
  remove(owner: string | null): Promise<boolean>;
  /** Does what is overdue; false when there is no such job. */
  catchUp(): Promise<boolean>;
  /** Lets the job wait for a worker anew, its message sent to this queue; null when there is no such job. */
  redrive(queue: string | null): Promise<"redriven" | "ended" | null>;
  /** Writes the job's row again; false when there is no such job. */
  rebuild(): Promise<boolean>;
  complete(result: Result, guard: WriteGuard): Promise<WriteOutcome>;
  patch(change: Patch, guard: WriteGuard): Promise<WriteOutcome>;
  /** Notes that the deployer's hook threw. */
  noteHookFailure(message: string): Promise<WriteOutcome>;
};

/** The one object that keeps the settings. */
export type SettingsHandle = {
  /** Makes the record on first use. */
  readSettings(): Promise<SettingsRecord>;
  /** The record as it was at most a few seconds ago. */
  recentSettings(): Promise<SettingsRecord>;
  /** Null when the record is no longer at that version. */
  mergeSettings(fields: string, expectedVersion: number): Promise<SettingsRecord | null>;
};

/** The one object that workers wait at for work. */
export type WorkHandle = {
  /** Names what has been rung so far. */
  seen(): Promise<string>;
  /** Resolves at the first ring behind `seen`, or after `timeoutMs`. */
  wait(seen: string, timeoutMs: number): Promise<void>;
  /** Says that a job waits for a worker. */
  ring(): Promise<void>;
};

export type TypedJobObjects = {
  byId(jobId: string): TypedJobHandle;
  /** Null when the text is no id of an object of this namespace. */
  byObjectId(objectId: string): TypedJobHandle | null;
  work(): WorkHandle;
  settings(): SettingsHandle;
};

/** The D1 projection that lists are answered from. */
export type TypedJobRows = {
  /** Stores the row unless a newer version is there. */
  upsert(row: TypedJobRow): Promise<void>;
  remove(row: Pick<TypedJobRow, "registeredAtMs" | "jobId">): Promise<void>;
  /** `owner` leaves out the jobs of others; null shows those of all. */
  page(query: ListQuery, owner: string | null): Promise<Page>;
  /** The jobs with these ids that pass the filter, newest first. */
  byIds(ids: readonly string[], filter: JobFilter, owner: string | null): Promise<IdsPage>;
  /** Ids of jobs that wait for a worker, oldest first, behind `after`. */
  waiting(after: Cursor | null, limit: number, owner: string | null): Promise<readonly Cursor[]>;
  /** Jobs whose object has something overdue: an expiry, or a message that is still owed. */
  overdue(expiredBeforeMs: number, pendingBeforeMs: number, limit: number): Promise<readonly Cursor[]>;
};
