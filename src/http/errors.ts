import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Every error that the runs face answers with, and the status that goes with it. */
const STATUS_OF = {
  invalid_request: 400,
  invalid_manifest: 400,
  invalid_upload: 400,
  not_found: 404,
  job_not_found: 404,
  file_not_found: 404,
  method_not_allowed: 405,
  not_finished: 409,
  request_in_flight: 409,
  too_large: 413,
  unsupported_media_type: 415,
  key_reused: 422,
  upgrade_required: 426,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<string, ContentfulStatusCode>;
export type ErrorCode = keyof typeof STATUS_OF;

const TITLE_OF: Record<ErrorCode, string> = {
  invalid_request: "The request does not fit",
  invalid_manifest: "The manifest does not fit",
  invalid_upload: "The upload cannot be used",
  not_found: "No such path",
  job_not_found: "No such job",
  file_not_found: "No such file",
  method_not_allowed: "Method not allowed",
  not_finished: "The job has not ended",
  request_in_flight: "The first request with this key is still being handled",
  too_large: "The request is too large",
  unsupported_media_type: "Unsupported content type",
  key_reused: "The idempotency key belongs to another body",
  upgrade_required: "A WebSocket is expected",
  rate_limited: "Rate limit exceeded",
  internal: "Internal error",
  unavailable: "Temporarily unavailable",
};

export type Problem = {
  readonly code: ErrorCode;
  /** What went wrong and what to change, for the client's eyes. */
  readonly error: string;
  readonly details?: readonly { readonly field: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
  /** Further members of the body, for clients that know them. */
  readonly extra?: Readonly<Record<string, unknown>>;
};

/**
 * An error of the runs face: RFC 9457 members beside `{error, details?, retry_after?}` (contract
 * runs.md 0.10), and `Retry-After` where waiting helps.
 */
export const problem = (
  c: Context,
  { code, error, details, retryAfterSeconds, extra }: Problem,
): Response => {
  const status = STATUS_OF[code];
  if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
  const body = {
    type: `urn:sandpiper:error:${code}`,
    title: TITLE_OF[code],
    status,
    error,
    ...(details === undefined ? {} : { details }),
    ...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }),
    ...extra,
  };
  return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" });
};
