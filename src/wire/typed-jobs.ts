import { z } from "zod";

/** The whole vocabulary; any status may follow any other unless a guard is on. */
export const JOB_STATUSES = [
  "pending",
  "queued",
  "validating",
  "processing",
  "completed",
  "error",
  "cancelled",
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** One thing that does not fit; the value that was sent is never part of it (O17). */
export type FieldError = {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
};

/** A job as every answer shows it: eleven keys, always all present. */
export type JobView<Request = unknown, Response = unknown, Settings = unknown> = {
  readonly job_id: string;
  readonly status: JobStatus;
  readonly registered_datetime: string;
  readonly updated_datetime: string;
  readonly completed_datetime: string | null;
  readonly errors: readonly string[] | null;
  readonly warnings: readonly string[] | null;
  readonly result_count: number;
  readonly settings: Settings;
  readonly request_payload: Request;
  readonly response_payload: Response | null;
};

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

/** What a caller of the RPC face is answered; the same kinds as the routes' statuses. */
export type CommandOutcome =
  | { readonly kind: "job"; readonly job: JobView }
  | { readonly kind: "not_found" }
  | { readonly kind: "too_large" }
  | { readonly kind: "conflict"; readonly job: JobView }
  | { readonly kind: "unfit"; readonly errors: readonly FieldError[] };

export type Notes = { readonly errors?: readonly string[]; readonly warnings?: readonly string[] };

const SHOWN_ERRORS = 100;
const SHOWN_NAME = 64;

const place = (part: PropertyKey): string | number =>
  typeof part === "number" ? part : String(part).slice(0, SHOWN_NAME);

/** Zod's issues in the face's form. Names of unknown fields are input, so they are not repeated. */
export const fieldErrors = (
  error: z.core.$ZodError,
  where: readonly (string | number)[] = [],
): FieldError[] =>
  error.issues.slice(0, SHOWN_ERRORS).map((issue) => ({
    type: issue.code,
    loc: [...where, ...issue.path.map(place)],
    msg: issue.code === "unrecognized_keys" ? "Unknown fields are not allowed here" : issue.message,
  }));

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
