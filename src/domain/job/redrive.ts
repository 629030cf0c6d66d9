import { changed, type JobRecord, type StoredBytes } from "./record.ts";
import { isTerminal } from "./state.ts";

/** A job on its way again, or why it is not. */
export type RedriveOutcome =
  | { readonly kind: "redriven"; readonly record: JobRecord }
  | { readonly kind: "refused"; readonly message: string };

const refused = (message: string): RedriveOutcome => ({ kind: "refused", message });

const isGone = (bytes: StoredBytes): boolean => bytes.kind === "inline" && bytes.bytes.length === 0;

const obstacleOf = ({ state, attempt, result, task, filesDeletedAtMs, downloadedAtMs }: JobRecord) => {
  if (state === "created") return "The job waits for its uploads";
  if (attempt !== null) return "An attempt is under way; cancel the job, or let its lease run out";
  if (!isTerminal(state)) return null;
  if (result?.reason !== "infrastructure")
    return "The job has its result; only one that the service failed can be run again";
  const hasInputs = task.kind === "function" || !isGone(task.inputs);
  const hasFiles = filesDeletedAtMs === null && downloadedAtMs === undefined;
  return hasInputs && hasFiles ? null : "The job's inputs are gone";
};

/**
 * Queues a job anew that waits for a message that was lost, or that ended for the service's reasons alone. Its
 * lost attempts no longer count against it, and it costs its client nothing more.
 */
export const redrive = (record: JobRecord, now: number): RedriveOutcome => {
  const obstacle = obstacleOf(record);
  if (obstacle !== null) return refused(obstacle);
  const { attemptsLost: _lost, lostWith: _with, ...rest } = record;
  const waitMs = Math.max(record.queueDeadlineMs - record.dispatchedAtMs, 0);
  const change = {
    state: "queued",
    finishedAtMs: null,
    result: null,
    dispatchedAtMs: now,
    queueDeadlineMs: now + waitMs,
    redriven: (record.redriven ?? 0) + 1,
  } as const;
  return { kind: "redriven", record: changed(rest, now, change, "redriven by the operator") };
};
