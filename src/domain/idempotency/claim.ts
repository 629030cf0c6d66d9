import { schemaOf } from "../stored.ts";

/** How long an answer is replayed. */
export const REPLAY_MS = 24 * 3_600_000;
/** A claim whose Worker died frees the key after this, so that a retry is not locked out for long. */
export const CLAIM_MS = 5 * 60_000;

/** What is kept under one client's key. */
export type IdempotencyRecord =
  | {
      readonly kind: "claimed";
      readonly claimId: string;
      /** Id of the job that is being made; who takes a dead claim over makes the same one. */
      readonly jobId: string;
      readonly untilMs: number;
    }
  | {
      readonly kind: "done";
      readonly fingerprint: string;
      /** The body that was answered. */
      readonly answer: string;
      readonly untilMs: number;
    };

export const idempotencySchema = schemaOf<IdempotencyRecord>("what an Idempotency-Key stands for");

export type BeginOutcome =
  | { readonly kind: "claimed"; readonly jobId: string }
  /** Another request with this key has not been answered yet. */
  | { readonly kind: "in_flight" }
  /** Answered before: the same body gets the same answer, another body is an error. */
  | { readonly kind: "done"; readonly fingerprint: string; readonly answer: string };

/** Claims a key, or says what it is already used for; `record` is what to store, null to leave it. */
export const begin = (
  record: IdempotencyRecord | null,
  claim: { readonly claimId: string; readonly jobId: string },
  now: number,
): { readonly outcome: BeginOutcome; readonly record: IdempotencyRecord | null } => {
  const isLive = record !== null && now < record.untilMs;
  if (isLive && record.kind === "claimed") return { outcome: { kind: "in_flight" }, record: null };
  if (isLive && record.kind === "done") {
    const { fingerprint, answer } = record;
    return { outcome: { kind: "done", fingerprint, answer }, record: null };
  }
  const jobId = record?.kind === "claimed" ? record.jobId : claim.jobId;
  return {
    outcome: { kind: "claimed", jobId },
    record: { kind: "claimed", claimId: claim.claimId, jobId, untilMs: now + CLAIM_MS },
  };
};

/** The record of an answered request; a claim that another request has taken over stays. */
export const complete = (
  record: IdempotencyRecord | null,
  claimId: string,
  result: { readonly fingerprint: string; readonly answer: string },
  now: number,
): IdempotencyRecord | null =>
  record?.kind === "claimed" && record.claimId === claimId
    ? { kind: "done", ...result, untilMs: now + REPLAY_MS }
    : null;

/** A claim that its request lets go without knowing whether the job was made: the next one makes the same. */
export const lapse = (
  record: IdempotencyRecord | null,
  claimId: string,
  now: number,
): IdempotencyRecord | null =>
  record?.kind === "claimed" && record.claimId === claimId ? { ...record, untilMs: now } : null;

/** Whether a refused request's claim may be forgotten, so that a corrected one can use the key. */
export const mayAbandon = (record: IdempotencyRecord | null, claimId: string): boolean =>
  record?.kind === "claimed" && record.claimId === claimId;

/** When a record is forgotten: a dead claim is kept as long as an answer, so that a late retry still makes the same job. */
export const forgetAtMs = ({ kind, untilMs }: IdempotencyRecord): number =>
  kind === "claimed" ? untilMs + REPLAY_MS : untilMs;
