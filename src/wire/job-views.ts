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

/** One thing that does not fit; the value that was sent is never part of it. */
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

/** What a schema of zod, or of another library of the Standard Schema, says of a value that does not fit. */
export type Issue = {
  readonly code?: string | undefined;
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};

const place = (part: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof part === "object" ? part.key : part;
  return typeof key === "number" ? key : String(key).slice(0, SHOWN_NAME);
};

/** A schema's issues in the face's form. Names of unknown fields are input, so they are not repeated. */
export const fieldErrors = (
  error: { readonly issues: readonly Issue[] },
  where: readonly (string | number)[] = [],
): FieldError[] =>
  error.issues.slice(0, SHOWN_ERRORS).map(({ code = "custom", message, path = [] }) => ({
    type: code,
    loc: [...where, ...path.map(place)],
    msg: code === "unrecognized_keys" ? "Unknown fields are not allowed here" : message,
  }));
