import type { Context } from "hono";
import type { IdempotencyKeys } from "../../domain/ports/idempotency-keys.ts";
import type { Ids } from "../../domain/ports/ids.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

/** The request's `Idempotency-Key`: a quoted string, as the IETF draft wants it, or the same bare; null without one. */
export const idempotencyKeyOf = (c: Context): string | null => {
  const header = c.req.header("idempotency-key")?.trim();
  if (header === undefined) return null;
  return QUOTED.exec(header)?.[1]?.replace(/\\(["\\])/g, "$1") ?? header;
};

/** Whether a key can be used: 1 to 255 visible ASCII characters. */
export const isIdempotencyKey = (key: string): boolean => KEY.test(key);

export type IdempotentOutcome<T> =
  | { readonly kind: "fresh"; readonly value: T }
  | { readonly kind: "replayed"; readonly answer: string }
  | { readonly kind: "in_flight" }
  | { readonly kind: "other_body" };

/** What a request does under its key: the work itself, and the fingerprint of its body without the work. */
export type IdempotentWork<T> = {
  /**
   * Makes the job; it is there already where an earlier request died after it had made it, which only an
   * id other than the proposed one can mean. `answer` is what a replay is told, null when it was refused and the key
   * stays free.
   */
  run(
    jobId: string,
  ): Promise<{ readonly value: T; readonly fingerprint: string; readonly answer: string | null }>;
  /** Reads the body alone; null when it cannot be read. */
  fingerprint(): Promise<string | null>;
};

/**
 * Carries out a request at most once per scope and key (IETF draft "The Idempotency-Key HTTP Header
 * Field"): a replay gets the first answer, a second request in flight a conflict, another body an error.
 */
export const idempotently = async <T>(
  keys: IdempotencyKeys,
  ids: Ids,
  under: { readonly scope: string; readonly key: string; readonly jobId: string },
  work: IdempotentWork<T>,
): Promise<IdempotentOutcome<T>> => {
  const holder = keys.of(under.scope, under.key);
  const claimId = ids.requestId();
  const begun = await holder.begin(claimId, under.jobId);
  if (begun.kind === "in_flight") return { kind: "in_flight" };
  if (begun.kind === "done") {
    const isSame = (await work.fingerprint()) === begun.fingerprint;
    return isSame ? { kind: "replayed", answer: begun.answer } : { kind: "other_body" };
  }
  // Of a claim that was taken over, the job may be there, whatever comes of this request.
  const isTakenOver = begun.jobId !== under.jobId;
  try {
    const { value, fingerprint, answer } = await work.run(begun.jobId);
    if (answer !== null) await holder.complete(claimId, fingerprint, answer);
    else if (isTakenOver) await holder.lapse(claimId);
    else await holder.abandon(claimId);
    return { kind: "fresh", value };
  } catch (error) {
    await holder.lapse(claimId);
    throw error;
  }
};
