import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Ids } from "../../domain/ports/ids.ts";

/** Gives each request an id of our own making; a 5xx body and the log line of its cause share it. */
export const requestId = (ids: Ids) =>
  createMiddleware<{ Variables: { requestId: string } }>(async (c, next) => {
    c.set("requestId", ids.requestId());
    await next();
    c.res.headers.set("X-Request-Id", c.get("requestId"));
  });

/** The id of this request; an answer gets it as a header only after its handler, or the error hook, is done. */
export const requestIdOf = (c: Context): string => c.get("requestId");
