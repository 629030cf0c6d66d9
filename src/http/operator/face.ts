import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { openCors } from "../kit/cors.ts";
import type { Access, Face, Operation } from "../kit/face.ts";
import { STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced } from "../kit/trace.ts";

/** The operator, by the first digits of the hash of the token that was sent. */
export type Operator = { readonly token: string };
export type OperatorOperation = Operation<Operator>;

const SHOWN_DIGITS = 8;

/** Tokens are compared by their hashes, each with all that are set, so that the time tells nothing of them. */
const operatorOf = async (c: Context, { ids, operatorTokens }: Deps): Promise<Access<Operator>> => {
  const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const hash = await ids.hashOf(given ?? "");
  let isKnown = false;
  for (const token of operatorTokens) isKnown = ids.isSame(hash, await ids.hashOf(token)) || isKnown;
  if (given !== undefined && isKnown)
    return { kind: "allow", caller: { token: hash.slice(0, SHOWN_DIGITS) } };
  const message =
    operatorTokens.length === 0
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
