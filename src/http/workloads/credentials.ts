import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";

/** Clients send the key in a header of its own, or in `authorization`, bare or as a bearer token. */
const keyOf = (c: Context): string | null => {
  const own = c.req.header("x-api-key");
  if (own !== undefined) return own.trim();
  return (
    c.req
      .header("authorization")
      ?.trim()
      .replace(/^Bearer\s+/i, "") ?? null
  );
};

export type Caller =
  /** `owner` is the hash of the caller's key, null where no key is needed. */
  { readonly kind: "known"; readonly owner: string | null } | { readonly kind: "unknown" };

/**
 * Who calls. Keys are compared by their hashes, each with all of the service's
 * own, so that the time tells nothing of them.
 */
export const callerOf = async (c: Context, { apiKeys, ids }: Deps): Promise<Caller> => {
  if (apiKeys.length === 0) return { kind: "known", owner: null };
  const key = keyOf(c);
  if (key === null) return { kind: "unknown" };
  const owner = await ids.hashOf(key);
  let isKnown = false;
  for (const known of apiKeys) isKnown = ids.isSame(owner, await ids.hashOf(known)) || isKnown;
  return isKnown ? { kind: "known", owner } : { kind: "unknown" };
};
