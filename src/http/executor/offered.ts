import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { attemptOf, refuse } from "./attempt-of.ts";

/** `GET /executor/attempts/{id}`: the attempt of an offer that was too large to be sent along. */
export const offered =
  (deps: Deps) =>
  async (c: Context): Promise<Response> => {
    const call = await attemptOf(c, deps);
    if (call instanceof Response) return call;
    const attempt = await call.job.offered(call.id, call.bearer);
    if (attempt === null) return refuse(c, 409, "stale_attempt", "the attempt is not offered to this bearer");
    c.header("Cache-Control", "no-store");
    return c.json(attempt);
  };
