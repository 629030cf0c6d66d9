import type { JobEnded } from "../ports/webhooks.ts";
import { statusBody } from "../runs/status-body.ts";
import { eventOf } from "../webhooks/event.ts";
import { workloadEventData } from "../workloads/view.ts";
import { type JobRecord, type JobSnapshot, snapshotOf } from "./record.ts";
import type { Face } from "./state.ts";

/** A job as its own face shows it, without a presigned URL. */
const VIEWS: Partial<Record<Face, (snapshot: JobSnapshot) => unknown>> = {
  runs: (snapshot) => statusBody(snapshot, 0),
  workloads: workloadEventData,
};

/** What a job's receivers are told of it; null while it has not ended, and where nobody wants to hear. */
export const announcementOf = (objectId: string, record: JobRecord): JobEnded | null => {
  const type = eventOf(record.state);
  if (type === null || !record.webhooks.some(({ events }) => events.includes(type))) return null;
  const data = VIEWS[record.face]?.(snapshotOf(record)) ?? null;
  return { objectId, type, atMs: record.finishedAtMs ?? record.updatedAtMs, data };
};
