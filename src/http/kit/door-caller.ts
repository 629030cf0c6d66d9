import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { judgeKeyOf, judgeOwnerKey } from "../../domain/quota/judge-key.ts";
import { clientKeyOf } from "../../domain/runs/client-key.ts";
import { checkTexts } from "./callers.ts";
import type { Access } from "./face.ts";

/** Who calls a door: whose its runs are, and the name by which its quota counts. */
export type DoorCaller = { readonly owner: string | null; readonly clientKey: string };

/**
 * Who calls with these texts in the place of a key. Gateways in front of the originals send tokens of their
 * own: where there is no key to compare them with, they mean nothing.
 */
export const doorCaller = async (
  c: Context,
  deps: Deps,
  texts: readonly string[],
  hint: string,
): Promise<Access<DoorCaller>> => {
  const check = await checkTexts(deps, texts, ["runs"]);
  if (check.kind === "refused") return { kind: "refuse", refusal: check.refusal };
  if (check.kind === "holder") {
    const { owner } = check.caller;
    return { kind: "allow", caller: { owner, clientKey: judgeOwnerKey(owner) } };
  }
  const unauthorized: Access<DoorCaller> = {
    kind: "refuse",
    refusal: { code: "unauthorized", message: hint },
  };
  const isMeant = texts.length > 0 && deps.access.mode === "keys";
  if (isMeant && !(await deps.apiKeys.isEmpty())) return unauthorized;
  const address = clientKeyOf(c.req.header("cf-connecting-ip"));
  if (!deps.doors.anonymous || address === null) return unauthorized;
  return { kind: "allow", caller: { owner: null, clientKey: judgeKeyOf(address) } };
};
