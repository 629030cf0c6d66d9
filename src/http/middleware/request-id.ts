import { createMiddleware } from "hono/factory";
import type { Ids } from "../../domain/ports.ts";

/** Gives each request an id of our own making; a 5xx body and the log line of its cause share it. */
export const requestId = (ids: Ids) =>
  createMiddleware<{ Variables: { requestId: string } }>(async (c, next) => {
    c.set("requestId", ids.requestId());
    await next();
    c.res.headers.set("X-Request-Id", c.get("requestId"));
  });
