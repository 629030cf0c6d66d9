import type { Context } from "hono";
import { type RefusalCode, STATUS_OF } from "../kit/refusal.ts";

const TITLE_OF: Record<RefusalCode, string> = {
  invalid_request: "The request does not fit",
  invalid_manifest: "The manifest does not fit",
  invalid_upload: "The upload cannot be used",
  unauthorized: "Credentials are missing or wrong",
  forbidden: "Not allowed",
  not_found: "No such path",
  job_not_found: "No such job",
  file_not_found: "No such file",
  method_not_allowed: "Method not allowed",
  conflict: "Not possible in this state",
  not_finished: "The job has not ended",
  request_in_flight: "The first request with this key is still being handled",
  too_large: "The request is too large",
  unsupported_media_type: "Unsupported content type",
  unfit: "The request does not fit",
  key_reused: "The idempotency key belongs to another body",
  upgrade_required: "A WebSocket is expected",
  rate_limited: "Rate limit exceeded",
  internal: "Internal error",
  unavailable: "Temporarily unavailable",
};

export type Problem = {
  readonly code: RefusalCode;
  /** What went wrong and what to change, for the client's eyes. */
  readonly error: string;
  readonly details?: readonly { readonly field: string; readonly message: string }[];
  readonly retryAfterSeconds?: number;
  /** Further members of the body, for clients that know them. */
  readonly extra?: Readonly<Record<string, unknown>>;
};

/**
 * An error of the runs face: RFC 9457 members beside `{error, details?, retry_after?}`,
 * and `Retry-After` where waiting helps.
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
