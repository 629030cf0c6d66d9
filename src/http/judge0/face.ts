import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Deps } from "../../deps/types.ts";
import { openCors } from "../kit/cors.ts";
import { type DoorCaller, doorCaller } from "../kit/door-caller.ts";
import type { Face, Operation } from "../kit/face.ts";
import { operatorTokenHash } from "../kit/operator-token.ts";
import { STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced } from "../kit/trace.ts";

export type Judge0Operation = Operation<DoorCaller>;

export const ROOTS = [
  ...["/submissions", "/languages", "/statuses", "/about", "/config_info", "/system_info", "/statistics"],
  ...["/workers", "/version", "/isolate", "/license", "/authenticate", "/authorize"],
];

const WORDS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An error without a text of the original's own. */
export const plainError = (c: Context, status: ContentfulStatusCode): Response =>
  status === 401 || status === 403
    ? c.body(null, status)
    : c.json({ status, error: WORDS[status] ?? "Error" }, status);

/** A credential from its header, or from the query, where clients put it as well. */
const credentialOf = (c: Context, name: string): string | null => {
  const given = c.req.header(name) ?? c.req.query(name) ?? "";
  return given.trim() === "" ? null : given.trim();
};

/** Several values may stand in one credential. */
const tokensOf = (c: Context, name: "X-Auth-Token" | "X-Auth-User"): readonly string[] =>
  (credentialOf(c, name) ?? "").split(/\s+/).filter((text) => text !== "");

/** Whether the caller bears the original's user token, which is the operator's here. */
export const isUser = async (c: Context, deps: Deps): Promise<boolean> => {
  const hashes = tokensOf(c, "X-Auth-User").map((text) => operatorTokenHash(deps, text));
  return (await Promise.all(hashes)).some((hash) => hash !== null);
};

/** Judge0's door: its routes, its fields and its errors over the core. */
export const judge0Face = (deps: Deps): Face<DoorCaller> => ({
  roots: ROOTS,
  cors: openCors,
  access: (c) =>
    doorCaller(c, deps, tokensOf(c, "X-Auth-Token"), "X-Auth-Token must be one of the service's keys"),
  commonResponses: {
    401: { description: "A key is wanted, or what was sent is none" },
    500: { description: "Something failed on our side" },
    503: { description: "Storage does not answer now; `Retry-After` says when to ask again" },
  },
  refuse: (c, { code, retryAfterSeconds }) => {
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
    return plainError(c, STATUS_OF[code]);
  },
  failed: (c, error) => {
    deps.log.error("http.unhandled", error, {
      requestId: requestIdOf(c),
      method: c.req.method,
      ...traced(c),
    });
    return plainError(c, 500);
  },
});
