import type { Attempt, JobRecord } from "./record.ts";

/** Rises with each change of what a stored record looks like; records of before there was one have none. */
export const RECORD_SCHEMA = 2;

/**
 * A record of schema 1: the owner, then a key's hash, stood with the workload. The first of them were pushed to an
 * executor, which no attempt names, and have no secret to seal offers with.
 */
type FirstRecord = Omit<JobRecord, "owner" | "workload" | "attemptSecret" | "attempt"> & {
  readonly schema?: 1;
  readonly attemptSecret?: string;
  readonly attempt: (Omit<Attempt, "holder"> & Partial<Pick<Attempt, "holder">>) | null;
  readonly workload: (NonNullable<JobRecord["workload"]> & { readonly owner: string | null }) | null;
};
type PresentRecord = JobRecord & { readonly schema: typeof RECORD_SCHEMA };

/** A job's record as its object keeps it, of this version or of an earlier one. */
export type AnyRecord = FirstRecord | PresentRecord;

const fromFirst = (
  { schema: _schema, workload, attempt, attemptSecret, ...rest }: FirstRecord,
  newSecret: () => string,
): JobRecord => {
  const present = {
    ...rest,
    attemptSecret: attemptSecret ?? newSecret(),
    attempt: attempt === null ? null : { holder: null, ...attempt },
  };
  if (workload === null) return { ...present, owner: null, workload };
  const { owner, ...details } = workload;
  return { ...present, owner, workload: details };
};

/** Whether what is read of it is made up in part, and is to be stored before it is used. */
export const isIncomplete = (stored: AnyRecord): boolean => stored.attemptSecret === undefined;

/** The record that is stored, brought to the present form; `newSecret` gives one that had none its secret. */
export const readRecord = (stored: AnyRecord, newSecret: () => string): JobRecord => {
  if (stored.schema !== RECORD_SCHEMA) return fromFirst(stored, newSecret);
  const { schema: _schema, ...record } = stored;
  return record;
};
