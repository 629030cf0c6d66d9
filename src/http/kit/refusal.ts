import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Every reason to refuse a request, and the status that goes with it where a face has no other. */
export const STATUS_OF = {
  invalid_request: 400,
  invalid_manifest: 400,
  invalid_upload: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  job_not_found: 404,
  file_not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  not_finished: 409,
  request_in_flight: 409,
  too_large: 413,
  unsupported_media_type: 415,
  unfit: 422,
  key_reused: 422,
  upgrade_required: 426,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<string, ContentfulStatusCode>;
export type RefusalCode = keyof typeof STATUS_OF;

/** One thing in a request that does not fit, and where. */
export type FieldProblem = { readonly path: readonly (string | number)[]; readonly message: string };

/** Why a request is refused, before a face has put it into its own shape. */
export type Refusal = {
  readonly code: RefusalCode;
  /** What went wrong and what to change, for the client's eyes; never what it sent. */
  readonly message: string;
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
};
