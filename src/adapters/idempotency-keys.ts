import type { IdempotencyHolder, IdempotencyKeys } from "../domain/ports/idempotency-keys.ts";

/** The idempotency objects by their binding; the object's name keeps scopes and keys apart. */
export const durableIdempotencyKeys = (namespace: DurableObjectNamespace): IdempotencyKeys => ({
  of: (scope, key) =>
    namespace.get(namespace.idFromName(JSON.stringify([scope, key]))) as unknown as IdempotencyHolder,
});
