import type { JobRow } from "../ports/job-rows.ts";
import { runSummary } from "../runs/summary.ts";
import type { JobRecord } from "./record.ts";

/** Rises with what an earlier version would misread; see `schemaOf`. */
export const JOB_ROW_SCHEMA = 1;

const summaryText = (record: JobRecord): string | null => {
  const summary = runSummary(record);
  return summary === null ? null : JSON.stringify(summary);
};

/** The D1 projection of a record. The id of an anonymous run is its only key, so the row does not have it. */
export const rowOf = (objectId: string, record: JobRecord): JobRow => ({
  objectId,
  publicId: record.face === "runs" && record.owner === null ? null : record.id,
  face: record.face,
  state: record.state,
  version: record.version,
  createdAtMs: record.createdAtMs,
  updatedAtMs: record.updatedAtMs,
  finishedAtMs: record.finishedAtMs,
  door: record.door ?? null,
  language: record.task.kind === "program" ? (record.task.language?.id ?? null) : null,
  verdict: record.result?.judged?.verdict ?? null,
  summary: summaryText(record),
  owner: record.face === "workloads" ? (record.owner ?? "") : record.owner,
  workload:
    record.workload === null
      ? null
      : {
          path: record.workload.path,
          params: JSON.stringify(record.workload.params),
          filesDeletedAtMs: record.filesDeletedAtMs,
        },
});
