import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { openCors } from "../kit/cors.ts";
import type { Access, Face, Operation } from "../kit/face.ts";
import { operatorTokenHash } from "../kit/operator-token.ts";
import { STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced } from "../kit/trace.ts";

/** The operator, by the first digits of the hash of the token that was sent. */
export type Operator = { readonly token: string };
export type OperatorOperation = Operation<Operator>;

const SHOWN_DIGITS = 8;

const operatorOf = async (c: Context, deps: Deps): Promise<Access<Operator>> => {
  const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const hash = await operatorTokenHash(deps, given);
  if (hash !== null) return { kind: "allow", caller: { token: hash.slice(0, SHOWN_DIGITS) } };
  const message =
    deps.operatorTokens.length === 0
      ? "This deployment has no operator: set the secret OPERATOR_TOKEN"
      : "This is the operator's: send the token as Authorization: Bearer";
  return { kind: "refuse", refusal: { code: "unauthorized", message } };
};

/** The face of whoever operates the deployment. */
export const operatorFace = (deps: Deps): Face<Operator> => ({
  roots: ["/operator", "/metrics", "/pool"],
  cors: openCors,
  access: (c) => operatorOf(c, deps),
  refuse: (c, { code, message, fields, retryAfterSeconds }) => {
    if (code === "unauthorized") c.header("WWW-Authenticate", "Bearer");
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
    const details = fields?.map((field) => ({ field: field.path.join("."), message: field.message }));
    return c.json({ error: message, code, ...(details === undefined ? {} : { details }) }, STATUS_OF[code]);
  },
  failed: (c, error) => {
    const requestId = requestIdOf(c);
    deps.log.error("http.unhandled", error, { requestId, method: c.req.method, ...traced(c) });
    return c.json({ error: "Something failed on our side", code: "internal", request_id: requestId }, 500);
  },
});
