import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Deps } from "../../deps/types.ts";
import { judgeKeyOf } from "../../domain/quota/judge-key.ts";
import { clientKeyOf } from "../../domain/runs/client-key.ts";
import { openCors } from "../kit/cors.ts";
import type { Access, Face, Operation } from "../kit/face.ts";
import { STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";

/** Who calls: the name by which its quota counts. */
export type Judge0Caller = { readonly clientKey: string };
export type Judge0Operation = Operation<Judge0Caller>;

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
const isKnown = async (deps: Deps, given: string): Promise<string | null> => {
  for (const value of given.split(/\s+/)) {
    const hash = await deps.ids.hashOf(value);
    for (const key of deps.apiKeys) if (deps.ids.isSame(hash, await deps.ids.hashOf(key))) return hash;
  }
  return null;
};

const accessOf = async (c: Context, deps: Deps): Promise<Access<Judge0Caller>> => {
  const unauthorized: Access<Judge0Caller> = {
    kind: "refuse",
    refusal: { code: "unauthorized", message: "X-Auth-Token must be one of the service's keys" },
  };
  const token = credentialOf(c, "X-Auth-Token");
  // Gateways in front of the original send tokens of their own: without keys there is nothing to compare.
  if (token !== null && deps.apiKeys.length > 0) {
    const owner = await isKnown(deps, token);
    return owner === null
      ? unauthorized
      : { kind: "allow", caller: { clientKey: judgeKeyOf(`key ${owner}`) } };
  }
  const address = clientKeyOf(c.req.header("cf-connecting-ip"));
  if (!deps.doors.anonymous || address === null) return unauthorized;
  return { kind: "allow", caller: { clientKey: judgeKeyOf(address) } };
};

/** Judge0's door: its routes, its fields and its errors over the core. */
export const judge0Face = (deps: Deps): Face<Judge0Caller> => ({
  roots: ROOTS,
  cors: openCors,
  access: (c) => accessOf(c, deps),
  refuse: (c, { code, retryAfterSeconds }) => {
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
    return plainError(c, STATUS_OF[code]);
  },
  failed: (c, error) => {
    deps.log.error("http.unhandled", error, { requestId: requestIdOf(c), method: c.req.method });
    return plainError(c, 500);
  },
});
