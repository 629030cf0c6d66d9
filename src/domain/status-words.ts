import type { Face, JobState } from "./job/state.ts";

const WORDS: Record<Face, Record<JobState, string>> = {
  runs: {
    created: "queued",
    queued: "queued",
    running: "running",
    succeeded: "completed",
    failed: "failed",
    cancelled: "failed",
    expired: "failed",
  },
  workloads: {
    created: "created",
    queued: "queued",
    running: "in_progress",
    succeeded: "succeeded",
    failed: "failed",
    cancelled: "cancelled",
    expired: "expired",
  },
};

/** A face's word for a canonical state. */
export const statusWord = (face: Face, state: JobState): string => WORDS[face][state];
