import type { BeginOutcome } from "../domain/idempotency/claim.ts";
import type { IdempotencyKeys } from "../domain/ports/idempotency-keys.ts";

/** What the idempotency object offers to be called. */
type Stub = {
  claimKey(key: string, claimId: string, jobId: string): Promise<BeginOutcome>;
  completeKey(key: string, claimId: string, fingerprint: string, answer: string): Promise<void>;
  abandonKey(key: string, claimId: string): Promise<void>;
  lapseKey(key: string, claimId: string): Promise<void>;
};

/** The idempotency objects by their binding: one for each scope, which a new key costs no object. */
export const durableIdempotencyKeys = (namespace: DurableObjectNamespace): IdempotencyKeys => ({
  of: (scope, key) => {
    const stub = namespace.get(namespace.idFromName(JSON.stringify([scope]))) as unknown as Stub;
    return {
      begin: (claimId, jobId) => stub.claimKey(key, claimId, jobId),
      complete: (claimId, fingerprint, answer) => stub.completeKey(key, claimId, fingerprint, answer),
      abandon: (claimId) => stub.abandonKey(key, claimId),
      lapse: (claimId) => stub.lapseKey(key, claimId),
    };
  },
});
