import type { MiddlewareHandler } from "hono";
import { dropRest } from "./body.ts";
import { isUtf8 } from "./escapes.ts";
import type { Face } from "./face.ts";
import { giveRequestId } from "./request-id.ts";
import { giveTrace } from "./trace.ts";

type AnyFace = Pick<Face<never>, "refuse" | "cors">;

/** The part of an address that is no UTF-8, which nobody may read as something else; null where all is. */
const damagedPart = (url: string): "path" | "query" | null => {
  const { pathname, search } = new URL(url);
  if (!isUtf8(pathname)) return "path";
  return isUtf8(search) ? null : "query";
};

/**
 * What surrounds each request of a face: its id, its trace, its CORS headers, an address that can be read, and behind
 * a refusal the rest of the body. Where frames lie in one another the outermost counts.
 */
export const frame =
  (faceOf: (path: string) => AnyFace): MiddlewareHandler =>
  async (c, next) => {
    if (c.get("requestId") !== undefined) return next();
    giveRequestId(c);
    giveTrace(c);
    const face = faceOf(c.req.path);
    const answer = await face.cors(c, async () => {
      const part = damagedPart(c.req.url);
      if (part === null) return next();
      const message = `The ${part} is not UTF-8 under its escapes`;
      c.res = face.refuse(c, { code: "invalid_request", message });
    });
    if (answer instanceof Response) c.res = answer;
    if (c.res.status >= 400) await dropRest(c);
    c.res.headers.set("X-Request-Id", c.get("requestId"));
  };
