import type { NewTypedJob, TypedJob } from "./job.ts";
import type { Patch, Refusal, Result, WriteGuard } from "./lifecycle.ts";
import type { JobFilter, ListQuery } from "./list-query.ts";
import type { Page } from "./page.ts";
import type { TypedJobRow } from "./row.ts";
import type { SettingsRecord } from "./settings.ts";

export type CreateOutcome = {
  /** `unsent`: the queue refused the job's message, so the job has ended in `error`. */
  readonly kind: "accepted" | "unsent" | "too_large";
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
  complete(result: Result, guard: WriteGuard): Promise<WriteOutcome>;
  patch(change: Patch, guard: WriteGuard): Promise<WriteOutcome>;
  /** Notes that the deployer's hook threw. */
  noteHookFailure(message: string): Promise<WriteOutcome>;
};

/** The one object that keeps the settings. */
export type SettingsHandle = {
  /** Makes the record on first use. */
  readSettings(): Promise<SettingsRecord>;
  /** Null when the record is no longer at that version. */
  mergeSettings(fields: string, expectedVersion: number): Promise<SettingsRecord | null>;
};

export type TypedJobObjects = {
  byId(jobId: string): TypedJobHandle;
  settings(): SettingsHandle;
};

/** The D1 projection that lists are answered from. */
export type TypedJobRows = {
  /** Stores the row unless a newer version is there. */
  upsert(row: TypedJobRow): Promise<void>;
  remove(row: Pick<TypedJobRow, "registeredAtMs" | "jobId">): Promise<void>;
  page(query: ListQuery): Promise<Page>;
  /** The jobs with these ids that pass the filter, newest first. */
  byIds(ids: readonly string[], filter: JobFilter): Promise<readonly TypedJobRow[]>;
};
