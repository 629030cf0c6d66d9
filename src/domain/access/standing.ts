import { type ApiKey, isInForce } from "./api-key.ts";
import { type Block, blockOfValue } from "./block.ts";

/** Why a key may be used for nothing now. */
export type KeyRefusal =
  | { readonly kind: "ended" }
  /** The operator has shut out the key, or all keys of its owner; `reason` is theirs. */
  | { readonly kind: "blocked"; readonly what: "key" | "owner"; readonly reason: string };

/** Why a key may be used for nothing now; null where it may be used for what it is for. */
export const refusalOfKey = (key: ApiKey, blocks: readonly Block[], now: number): KeyRefusal | null => {
  if (!isInForce(key, now)) return { kind: "ended" };
  const owner = blockOfValue(blocks, "owner", key.owner, now);
  if (owner !== null) return { kind: "blocked", what: "owner", reason: owner.reason };
  const own = blockOfValue(blocks, "key", key.id, now);
  return own === null ? null : { kind: "blocked", what: "key", reason: own.reason };
};
