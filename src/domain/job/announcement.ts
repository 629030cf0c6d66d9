import { casesPart } from "../judging/cases-body.ts";
import type { StoredCase } from "../ports/job-objects.ts";
import type { JobEnded } from "../ports/webhooks.ts";
import { statusBody } from "../runs/status-body.ts";
import { eventOf } from "../webhooks/event.ts";
import { workloadEventData } from "../workloads/view.ts";
import { type JobRecord, type JobSnapshot, snapshotOf } from "./record.ts";
import type { Face } from "./state.ts";

/** Reads the results of the job's cases, where it has any. */
export type CaseReader = () => readonly StoredCase[];

/** A job as its own face shows it, without a presigned URL. */
const VIEWS: Partial<Record<Face, (snapshot: JobSnapshot, cases: CaseReader) => unknown>> = {
  runs: (snapshot, cases) => {
    const { task } = snapshot;
    const rules = task.kind === "program" ? task.caseRules : null;
    const part = rules === null ? {} : casesPart(rules.total, cases(), false);
    return { ...statusBody(snapshot, 0), ...part };
  },
  workloads: workloadEventData,
};

/** What a job's receivers are told of it; null while it has not ended, and where nobody wants to hear. */
export const announcementOf = (
  objectId: string,
  record: JobRecord,
  cases: CaseReader = () => [],
): JobEnded | null => {
  const type = eventOf(record.state);
  if (type === null || !record.webhooks.some(({ events }) => events.includes(type))) return null;
  const data = VIEWS[record.face]?.(snapshotOf(record), cases) ?? null;
  const { redriven, trace } = record;
  return {
    objectId,
    type,
    atMs: record.finishedAtMs ?? record.updatedAtMs,
    data,
    ...(redriven === undefined ? {} : { revision: redriven }),
    ...(trace === undefined ? {} : { trace }),
  };
};
