import type { BeginOutcome } from "../idempotency/claim.ts";

/** What one client did under one `Idempotency-Key`. */
export type IdempotencyHolder = {
  /** Claims the key for making this job; a claim that nobody ended is taken over with its job. */
  begin(claimId: string, jobId: string): Promise<BeginOutcome>;
  complete(claimId: string, fingerprint: string, answer: string): Promise<void>;
  /** Forgets the claim of a request that was refused. */
  abandon(claimId: string): Promise<void>;
  /** Ends the claim of a request that may have made its job: the next one takes it over. */
  lapse(claimId: string): Promise<void>;
};

export type IdempotencyKeys = {
  /** `scope` keeps the faces and their clients apart. */
  of(scope: string, key: string): IdempotencyHolder;
};
