import type { JobInspection } from "../ports/job-objects.ts";
import { type JobRecord, snapshotOf } from "./record.ts";

/** A job as its operator sees it; `failedEffects` and `wakesAtMs` are what its object knows beside the record. */
export const inspectionOf = (
  record: JobRecord,
  failedEffects: number,
  wakesAtMs: number | null,
): JobInspection => {
  const { attempt, attemptsMade } = record;
  const view =
    attempt === null
      ? null
      : {
          number: attemptsMade,
          instance: attempt.holder?.instance ?? null,
          startedAtMs: attempt.startedAtMs,
          lastEvent: attempt.lastEvent,
          leaseUntilMs: attempt.leaseUntilMs,
          cpuSeconds: attempt.cpuSeconds ?? 0,
        };
  return { snapshot: snapshotOf(record), attempt: view, failedEffects, wakesAtMs };
};
