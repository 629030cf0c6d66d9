import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { Refusal } from "../kit/refusal.ts";

/** From here on a body that is read and refused costs the service enough to be counted. */
const LARGE_BYTES = 8 * 1_048_576;

/** What a request says that it brings; a body of no stated length may be as large as any. */
const bytesOf = (c: Context): number => {
  const length = c.req.header("content-length");
  if (length !== undefined) return Number(length);
  return c.req.header("transfer-encoding") === undefined ? 0 : Number.POSITIVE_INFINITY;
};

const isClientsFault = (status: number): boolean => status >= 400 && status < 500;

/**
 * Handles a submission whose body may be large. Whoever had many of them read for nothing is refused before the next
 * one is read; small ones ask nobody.
 */
export const countingUploads = async (
  c: Context,
  { quotas, tally }: Deps,
  clientKey: string,
  refuse: (refusal: Refusal) => Response,
  submit: () => Promise<Response>,
): Promise<Response> => {
  if (bytesOf(c) <= LARGE_BYTES) return submit();
  const closed = await quotas.uploadsClosed(clientKey);
  if (closed !== null) {
    tally("refusals", closed.rule);
    const { reason: message, retryAfterSeconds } = closed;
    return refuse({ code: "rate_limited", message, retryAfterSeconds });
  }
  const response = await submit();
  if (isClientsFault(response.status)) await quotas.refuseUpload(clientKey);
  return response;
};
