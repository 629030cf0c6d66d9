import type { JobView } from "../../wire/typed-jobs.ts";
import type { TypedJob } from "./job.ts";
import { zonedDatetime } from "./zone.ts";

/** A job with its payloads parsed, from its object or from its row. */
export type ReadJob = Pick<
  TypedJob,
  "id" | "status" | "registeredAtMs" | "updatedAtMs" | "completedAtMs" | "errors" | "warnings"
> & { readonly settings: unknown; readonly requestPayload: unknown; readonly responsePayload: unknown };

const parsedOrNull = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

export const readJob = (job: TypedJob): ReadJob => ({
  ...job,
  settings: parsedOrNull(job.settings),
  requestPayload: parsedOrNull(job.requestPayload),
  responsePayload: parsedOrNull(job.responsePayload),
});

/** `result_count` of the result; 0 unless it is a whole number there. */
const resultCount = (payload: unknown): number => {
  if (typeof payload !== "object" || payload === null || !("result_count" in payload)) return 0;
  return Number.isSafeInteger(payload.result_count) ? Number(payload.result_count) : 0;
};

/** The job as every answer shows it, its instants labelled with the zone's offset. */
export const jobView = (job: ReadJob, zone: string): JobView => ({
  job_id: job.id,
  status: job.status,
  registered_datetime: zonedDatetime(job.registeredAtMs, zone),
  updated_datetime: zonedDatetime(job.updatedAtMs, zone),
  completed_datetime: job.completedAtMs === null ? null : zonedDatetime(job.completedAtMs, zone),
  errors: job.errors,
  warnings: job.warnings,
  result_count: resultCount(job.responsePayload),
  settings: job.settings,
  request_payload: job.requestPayload,
  response_payload: job.responsePayload,
});
