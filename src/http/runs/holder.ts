import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import { type Holder, keyMissing } from "../kit/callers.ts";
import type { Call } from "../kit/face.ts";
import type { Refusal } from "../kit/refusal.ts";

/** A request of somebody who holds a key; `refuse` answers in the face's shape. */
export type HolderCall = {
  readonly c: Context;
  readonly caller: Holder;
  readonly refuse: (refusal: Refusal) => Response;
};

/** Serves those who hold a key: nobody else has runs that a list could show. */
export const withHolder =
  (deps: Deps, handle: (call: HolderCall) => Promise<Response>) =>
  async ({ c, face, caller }: Call<Caller>): Promise<Response> => {
    const refuse = (refusal: Refusal): Response => face.refuse(c, refusal);
    const { owner } = caller;
    if (owner !== null) return handle({ c, caller: { ...caller, owner }, refuse });
    const hint = "This is for the holders of keys: send one as x-api-key, or in authorization";
    return refuse(await keyMissing(deps, hint));
  };
