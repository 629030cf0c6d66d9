import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { openCors } from "../kit/cors.ts";
import { type DoorCaller, doorCaller } from "../kit/door-caller.ts";
import type { Face, Operation } from "../kit/face.ts";
import { STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced } from "../kit/trace.ts";

export type PistonOperation = Operation<DoorCaller>;

export const ROOT = "/api/v2";

const keysOf = (c: Context): readonly string[] =>
  [(c.req.header("authorization") ?? "").trim().replace(/^Bearer\s+/i, "")].filter((text) => text !== "");

/** Piston's door: its routes, its stages and its messages over the core. */
export const pistonFace = (deps: Deps): Face<DoorCaller> => ({
  roots: [ROOT],
  cors: openCors,
  access: (c) => doorCaller(c, deps, keysOf(c), "Send one of the service's keys in authorization"),
  commonResponses: {
    401: { description: "A key is wanted, or what was sent is none" },
    500: { description: "Something failed on our side" },
    503: { description: "Storage does not answer now; `Retry-After` says when to ask again" },
  },
  refuse: (c, { code, message, retryAfterSeconds }) => {
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
    return c.json({ message: code === "not_found" ? "Not Found" : message }, STATUS_OF[code]);
  },
  failed: (c, error) => {
    deps.log.error("http.unhandled", error, {
      requestId: requestIdOf(c),
      method: c.req.method,
      ...traced(c),
    });
    return c.json({ message: "Internal Server Error" }, 500);
  },
});
