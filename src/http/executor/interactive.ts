import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { attemptOf, refuse } from "./attempt-of.ts";

/** `GET /executor/attempts/{id}/interactive`: the executor's socket to the client of an interactive attempt. */
export const interactive =
  (deps: Deps) =>
  async (c: Context): Promise<Response> => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket")
      return refuse(c, 400, "invalid", "this is a WebSocket");
    const call = await attemptOf(c, deps);
    if (call instanceof Response) return call;
    if (await call.job.mayInteract(call.id, call.bearer)) return call.job.session("program");
    return refuse(c, 409, "stale_attempt", "the attempt does not hold the job, or nobody sits before it");
  };
