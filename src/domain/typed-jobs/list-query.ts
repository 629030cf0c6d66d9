import type { Cursor } from "./cursor.ts";
import type { JobStatus } from "./job.ts";

/** Which jobs a list shows. Both instants are epoch seconds and inclusive: a job matches by its whole second. */
export type JobFilter = {
  readonly status: JobStatus | null;
  readonly fromSeconds: number | null;
  readonly toSeconds: number | null;
};

export type ListQuery = JobFilter & {
  readonly limit: number;
  readonly after: Cursor | null;
  /** Jobs by id, all on one page; null lists by time. */
  readonly ids: readonly string[] | null;
};
