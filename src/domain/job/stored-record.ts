import { type Schema, schemaOf } from "../stored.ts";
import type { Attempt, JobRecord } from "./record.ts";

/**
 * A record of the first schema: the owner, then a key's hash, stood with the workload. The first of them were pushed to an
 * executor, which no attempt names, and have no secret to seal offers with.
 */
type FirstRecord = Omit<JobRecord, "owner" | "workload" | "attemptSecret" | "attempt"> & {
  readonly attemptSecret?: string;
  readonly attempt: (Omit<Attempt, "holder"> & Partial<Pick<Attempt, "holder">>) | null;
  readonly workload: (NonNullable<JobRecord["workload"]> & { readonly owner: string | null }) | null;
};

const fromFirst = (
  { workload, attempt, attemptSecret, ...rest }: FirstRecord,
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
export const isIncomplete = (stored: object): boolean => !("attemptSecret" in stored);

/**
 * A job's record as its object keeps it. What stands beside it there is of its schema, but for the log. `newSecret`
 * gives a record that had none its secret.
 */
export const recordSchema = (newSecret: () => string): Schema<JobRecord> =>
  schemaOf("a job's record", [(first: FirstRecord) => fromFirst(first, newSecret)]);
