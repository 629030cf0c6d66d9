import type { JobState } from "../job/state.ts";

/** Workload jobs newest first: behind `after` where it is given, at most `limit`. */
export type WorkloadSearch = {
  readonly path: string;
  readonly owner: string;
  readonly state: JobState | null;
  /** Both inclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly after: { readonly createdAtMs: number; readonly id: string } | null;
  readonly limit: number;
};

export type WorkloadRow = {
  readonly id: string;
  readonly state: JobState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** JSON */
  readonly params: string;
  readonly filesDeletedAtMs: number | null;
};

export type WorkloadRows = { search(query: WorkloadSearch): Promise<readonly WorkloadRow[]> };
