import { z } from "zod";

import { JOB_STATUSES, type JobView } from "./job-views.ts";

export {
  type CommandOutcome,
  type FieldError,
  fieldErrors,
  JOB_STATUSES,
  type JobStatus,
  type JobView,
  type Notes,
} from "./job-views.ts";

const notes = z.array(z.string()).nullable();

export const jobViewForm = z.object({
  job_id: z.string(),
  status: z.enum(JOB_STATUSES),
  registered_datetime: z.string(),
  updated_datetime: z.string(),
  completed_datetime: z.string().nullable(),
  errors: notes,
  warnings: notes,
  result_count: z.int(),
  settings: z.unknown(),
  request_payload: z.unknown(),
  response_payload: z.unknown(),
}) satisfies z.ZodType<JobView>;

/** The errors of an answer that refuses what was sent. */
export const refusalForm = z.object({
  errors: z
    .array(z.object({ type: z.string(), loc: z.array(z.union([z.string(), z.number()])), msg: z.string() }))
    .default([]),
});

/** How long a worker that claims a job may be silent, where it does not say. */
export const CLAIM_LEASE_SECONDS = 300;
/** Seconds without news after which a processing job ends in error. */
export const leaseSeconds = z.int().min(1).max(86_400);

/** What a consumer reads: the message's text, or the object it was parsed into. */
export const jobMessage = z.preprocess(
  (body, context) => {
    if (typeof body !== "string") return body;
    try {
      return JSON.parse(body);
    } catch {
      context.addIssue({ code: "custom", message: "The message is not JSON" });
      return z.NEVER;
    }
  },
  z.object({
    job_id: z.string(),
    registered_timestamp: z.number(),
    updated_timestamp: z.number(),
    completed_timestamp: z.null(),
    settings: z.record(z.string(), z.unknown()),
    request_payload: z.record(z.string(), z.unknown()),
    response_payload: z.null(),
    errors: z.null(),
    warnings: z.null(),
  }),
);
export type JobMessage = z.infer<typeof jobMessage>;
