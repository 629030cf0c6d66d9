/** The canonical states of a job; each face translates them at its edge. */
export const JOB_STATES = [
  "created",
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
] as const;
export type JobState = (typeof JOB_STATES)[number];

const TERMINAL: ReadonlySet<JobState> = new Set(["succeeded", "failed", "cancelled", "expired"]);

/** Whether a job in this state has ended for good. */
export const isTerminal = (state: JobState): boolean => TERMINAL.has(state);

export type Face = "runs" | "workloads";
