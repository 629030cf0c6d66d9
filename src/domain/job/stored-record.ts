import type { JobRecord } from "./record.ts";

/** Rises with each change of what a stored record looks like; records of before there was one have none. */
export const RECORD_SCHEMA = 2;

/** A record of schema 1: the owner, then a key's hash, stood with the workload. */
type FirstRecord = Omit<JobRecord, "owner" | "workload"> & {
  readonly schema?: 1;
  readonly workload: (NonNullable<JobRecord["workload"]> & { readonly owner: string | null }) | null;
};
type PresentRecord = JobRecord & { readonly schema: typeof RECORD_SCHEMA };

/** A job's record as its object keeps it, of this version or of an earlier one. */
export type AnyRecord = FirstRecord | PresentRecord;

const fromFirst = ({ schema: _schema, workload, ...rest }: FirstRecord): JobRecord => {
  if (workload === null) return { ...rest, owner: null, workload };
  const { owner, ...details } = workload;
  return { ...rest, owner, workload: details };
};

/** The record that is stored, brought to the present form. */
export const readRecord = (stored: AnyRecord): JobRecord => {
  if (stored.schema !== RECORD_SCHEMA) return fromFirst(stored);
  const { schema: _schema, ...record } = stored;
  return record;
};
