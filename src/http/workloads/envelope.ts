import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { FieldError } from "../../domain/runs/types.ts";
import { requestIdOf } from "../kit/request-id.ts";

type Told = Pick<Deps, "now">;

/** What every answer of this face lies in; 200 unless it is an error. */
export const envelope = (
  c: Context,
  { now }: Told,
  data: unknown,
  transactionId: string = requestIdOf(c),
): Response => {
  c.header("Cache-Control", "private, no-store");
  return c.json({ code: 200, timestamp: now(), data, transaction_id: transactionId });
};

export type WorkloadError = {
  readonly code: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
  /** What went wrong and what to change, for the client's eyes. */
  readonly message: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
};

/** An error in this face's own shape; its `transaction_id` is the request id that the log has too. */
export const workloadError = (c: Context, { now }: Told, error: WorkloadError): Response => {
  const { code, message, errors, retryAfterSeconds } = error;
  if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
  if (code === 401) c.header("WWW-Authenticate", "Bearer");
  const body = { code, message, timestamp: now(), transaction_id: requestIdOf(c) };
  return c.json(errors === undefined ? body : { ...body, errors }, code);
};

export const unprocessable = (c: Context, told: Told, errors: readonly FieldError[]): Response => {
  const [first] = errors;
  const message = first === undefined ? "The request does not fit" : `${first.field}: ${first.message}`;
  return workloadError(c, told, { code: 422, message, errors });
};

export const jobNotFound = (c: Context, told: Told): Response =>
  workloadError(c, told, { code: 404, message: "No such job of this workload" });
