import type { RunSummary } from "../runs/summary.ts";

/** A status of the runs, as their lists are filtered by it. */
export type ListedStatus = "queued" | "running" | "completed" | "failed";

/** An owner's runs newest first: behind `after` where it is given, at most `limit`. */
export type RunSelection = {
  readonly owner: string;
  readonly status: ListedStatus | null;
  /** Both inclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly after: { readonly createdAtMs: number; readonly id: string } | null;
  readonly limit: number;
};

export type RunRow = {
  readonly id: string;
  readonly status: ListedStatus;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
  readonly verdict: string | null;
  /** Null in rows of earlier versions. */
  readonly summary: RunSummary | null;
};

export type RunRows = { list(selection: RunSelection): Promise<readonly RunRow[]> };
