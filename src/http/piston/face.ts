import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { judgeKeyOf } from "../../domain/quota/judge-key.ts";
import { clientKeyOf } from "../../domain/runs/client-key.ts";
import { openCors } from "../kit/cors.ts";
import type { Access, Face, Operation } from "../kit/face.ts";
import { STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";

/** Who calls: the name by which its quota counts. */
export type PistonCaller = { readonly clientKey: string };
export type PistonOperation = Operation<PistonCaller>;

export const ROOT = "/api/v2";

const accessOf = async (c: Context, deps: Deps): Promise<Access<PistonCaller>> => {
  const refuse = (message: string): Access<PistonCaller> => ({
    kind: "refuse",
    refusal: { code: "unauthorized", message },
  });
  const given = (c.req.header("authorization") ?? "").trim().replace(/^Bearer\s+/i, "");
  if (given !== "" && deps.apiKeys.length > 0) {
    const owner = await deps.ids.hashOf(given);
    for (const key of deps.apiKeys) {
      const isSame = deps.ids.isSame(owner, await deps.ids.hashOf(key));
      if (isSame) return { kind: "allow", caller: { clientKey: judgeKeyOf(`key ${owner}`) } };
    }
    return refuse("The key in authorization is not known");
  }
  const address = clientKeyOf(c.req.header("cf-connecting-ip"));
  if (!deps.doors.anonymous || address === null)
    return refuse("Send one of the service's keys in authorization");
  return { kind: "allow", caller: { clientKey: judgeKeyOf(address) } };
};

/** Piston's door: its routes, its stages and its messages over the core. */
export const pistonFace = (deps: Deps): Face<PistonCaller> => ({
  roots: [ROOT],
  cors: openCors,
  access: (c) => accessOf(c, deps),
  refuse: (c, { code, message, retryAfterSeconds }) => {
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
    return c.json({ message: code === "not_found" ? "Not Found" : message }, STATUS_OF[code]);
  },
  failed: (c, error) => {
    deps.log.error("http.unhandled", error, { requestId: requestIdOf(c), method: c.req.method });
    return c.json({ message: "Internal Server Error" }, 500);
  },
});
