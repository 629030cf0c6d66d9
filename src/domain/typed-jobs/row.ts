import { gzip, ungzip } from "pako";
import { z } from "zod";
import type { JobStatus, TypedJob } from "./job.ts";
import { NOTES_BYTES, PLAIN_VIEW_BYTES, VIEW_BYTES } from "./limits.ts";
import type { ReadJob } from "./view.ts";

/** Rises with what an earlier version would misread; see `schemaOf`. */
export const TYPED_JOB_ROW_SCHEMA = 1;

/** A job's D1 row: the columns that lists filter by, and all the rest as JSON or, if large, gzip of it. */
export type TypedJobRow = {
  readonly jobId: string;
  readonly owner: string | null;
  readonly registeredAtMs: number;
  readonly status: JobStatus;
  readonly version: number;
  readonly view: string | Uint8Array;
  /** The view's size unpacked, which is what a list has to hold. */
  readonly viewBytes: number;
  readonly expiresAtMs: number | null;
};

const utf8 = new TextEncoder();
const notesText = (job: TypedJob): string => JSON.stringify([job.errors, job.warnings]);

// Payloads are JSON already: they are put in as they are, not parsed and written again.
const viewText = (job: TypedJob): string =>
  `{"updatedAtMs":${job.updatedAtMs},"completedAtMs":${job.completedAtMs},"notes":${notesText(job)},` +
  `"settings":${job.settings},"requestPayload":${job.requestPayload},"responsePayload":${job.responsePayload}}`;

const encodedView = (job: TypedJob): Pick<TypedJobRow, "view" | "viewBytes"> => {
  const text = viewText(job);
  const bytes = utf8.encode(text);
  const viewBytes = bytes.byteLength;
  return { view: viewBytes <= PLAIN_VIEW_BYTES ? text : gzip(bytes, { level: 1 }), viewBytes };
};

export const rowOf = (job: TypedJob): TypedJobRow => ({
  jobId: job.id,
  owner: job.owner,
  registeredAtMs: job.registeredAtMs,
  status: job.status,
  version: job.version,
  expiresAtMs: job.expiresAtMs,
  ...encodedView(job),
});

/** The row, if the job's notes keep to their limit and the whole job fits into one; else null. */
export const fittingRowOf = (job: TypedJob): TypedJobRow | null => {
  if (utf8.encode(notesText(job)).byteLength > NOTES_BYTES) return null;
  const row = rowOf(job);
  return typeof row.view === "string" || row.view.byteLength <= VIEW_BYTES ? row : null;
};

const strings = z.array(z.string()).nullable().catch(null);
const stored = z.object({
  updatedAtMs: z.int().nullable().catch(null),
  completedAtMs: z.int().nullable().catch(null),
  notes: z.tuple([strings, strings]).catch([null, null]),
  settings: z.unknown().optional(),
  requestPayload: z.unknown().optional(),
  responsePayload: z.unknown().optional(),
});

const storedOf = (view: TypedJobRow["view"]): unknown => {
  try {
    return JSON.parse(typeof view === "string" ? view : new TextDecoder().decode(ungzip(view)));
  } catch {
    return null;
  }
};

/**
 * A row as a list shows it. One that cannot be read, or only in part, keeps what its columns say;
 * `isWhole` is then false.
 */
export const jobOfRow = (row: TypedJobRow): { readonly job: ReadJob; readonly isWhole: boolean } => {
  const outcome = stored.safeParse(storedOf(row.view));
  const view = outcome.data;
  const isWhole = view !== undefined && view.updatedAtMs !== null;
  const [errors, warnings] = view?.notes ?? [null, null];
  const job: ReadJob = {
    id: row.jobId,
    status: row.status,
    registeredAtMs: row.registeredAtMs,
    updatedAtMs: view?.updatedAtMs ?? row.registeredAtMs,
    completedAtMs: view?.completedAtMs ?? null,
    errors,
    warnings,
    settings: view?.settings ?? null,
    requestPayload: view?.requestPayload ?? {},
    responsePayload: view?.responsePayload ?? null,
  };
  return { job, isWhole };
};
