import type { Context } from "hono";
import type { AccessDeps } from "../../deps/types.ts";
import { type ApiKey, KEY_PREFIX, type KeyScope } from "../../domain/access/api-key.ts";
import { type Caller, STRANGER } from "../../domain/access/caller.ts";
import { presentedKeys } from "../../domain/access/credentials.ts";
import { refusalOfKey } from "../../domain/access/standing.ts";
import type { Access } from "./face.ts";
import type { Refusal } from "./refusal.ts";

/** Somebody with a key: it always has an owner. */
export type Holder = Caller & { readonly owner: string };

/** What the request's credentials come to. */
export type KeyCheck =
  /** Nothing in the request is a key of this service, or says that it is one. */
  | { readonly kind: "none" }
  | { readonly kind: "holder"; readonly caller: Holder }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const callerOf = ({ id, owner, quotaClass, scopes }: ApiKey): Holder => ({
  keyId: id,
  owner,
  quotaClass,
  worksForAll: scopes.includes("work"),
});

const refused = (code: Refusal["code"], message: string): KeyCheck => ({
  kind: "refused",
  refusal: { code, message },
});

/** Keys are found by their hash, and compared by it in constant time. */
const keyOf = async ({ apiKeys, ids }: AccessDeps, text: string): Promise<ApiKey | null> => {
  const hash = await ids.hashOf(text);
  const key = await apiKeys.byHash(hash);
  return key !== null && ids.isSame(key.hash, hash) ? key : null;
};

const checked = async (
  { blocks, now }: AccessDeps,
  key: ApiKey,
  scopes: readonly KeyScope[],
): Promise<KeyCheck> => {
  const refusal = refusalOfKey(key, await blocks(), now());
  if (refusal?.kind === "ended") return refused("unauthorized", "This key has been revoked or has run out");
  if (refusal !== null)
    return refused(
      "forbidden",
      `This ${refusal.what === "key" ? "key" : "key's owner"} is blocked: ${refusal.reason}`,
    );
  if (scopes.some((scope) => key.scopes.includes(scope))) return { kind: "holder", caller: callerOf(key) };
  return refused("forbidden", `This key may not be used here; it is for ${key.scopes.join(", ")}`);
};

/** The holder of the first of these texts that is a key, if it may be used for one of the scopes. */
export const checkTexts = async (
  deps: AccessDeps,
  texts: readonly string[],
  scopes: readonly KeyScope[],
): Promise<KeyCheck> => {
  for (const text of texts) {
    const key = await keyOf(deps, text);
    if (key !== null) return checked(deps, key, scopes);
  }
  return texts.some((text) => text.startsWith(KEY_PREFIX))
    ? refused("unauthorized", "This key is not known here")
    : { kind: "none" };
};

/** The holder of the key that the request carries, if it may be used for one of the scopes. */
export const checkKey = (c: Context, deps: AccessDeps, scopes: readonly KeyScope[]): Promise<KeyCheck> =>
  checkTexts(deps, presentedKeys(c.req.header("x-api-key"), c.req.header("authorization")), scopes);

/** Why somebody without a key is turned away; whoever operates a deployment without keys is told so. */
export const keyMissing = async ({ apiKeys }: AccessDeps, hint: string): Promise<Refusal> => {
  const message = (await apiKeys.isEmpty())
    ? "This deployment has no keys yet: its operator makes one with `sandpiper keys create`, or sets ACCESS to open"
    : hint;
  return { code: "unauthorized", message };
};

/**
 * Who calls a face that wants a key unless the deployment is open. In an open one a key still names its
 * owner, and what is no key means nothing.
 */
export const keyHolder = async (
  c: Context,
  deps: AccessDeps,
  scopes: readonly KeyScope[],
  hint: string,
): Promise<Access<Caller>> => {
  const check = await checkKey(c, deps, scopes);
  if (check.kind === "holder") return { kind: "allow", caller: check.caller };
  if (check.kind === "refused") return { kind: "refuse", refusal: check.refusal };
  if (deps.access.mode === "open") return { kind: "allow", caller: STRANGER };
  return { kind: "refuse", refusal: await keyMissing(deps, hint) };
};

/** Who calls the runs: anybody, unless the deployment wants a key for them too. */
export const runCaller = (c: Context, deps: AccessDeps): Promise<Access<Caller>> => {
  const mode = deps.access.anonymousRuns ? "open" : "keys";
  const hint = "Runs want a key here: send it as x-api-key, or in authorization";
  return keyHolder(c, { ...deps, access: { ...deps.access, mode } }, ["runs"], hint);
};
