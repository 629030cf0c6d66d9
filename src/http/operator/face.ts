import { z } from "@hono/zod-openapi";
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

const problemSchema = z
  .object({
    error: z.string(),
    code: z.string(),
    details: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    request_id: z.string().optional(),
  })
  .openapi("OperatorProblem");

const problem = (description: string) => ({
  description,
  content: { "application/json": { schema: problemSchema } },
});

/** The face of whoever operates the deployment. */
export const operatorFace = (deps: Deps): Face<Operator> => ({
  roots: ["/operator", "/metrics", "/pool"],
  cors: openCors,
  access: (c) => operatorOf(c, deps),
  commonResponses: {
    400: problem("The path, the query, a header or the body cannot be read"),
    401: problem("Not the operator's token"),
    404: problem("There is nothing of this name"),
    409: problem("Not in the state in which it is"),
    413: problem("A body ends at 64 KiB"),
    415: problem("The body is not application/json"),
    422: problem("The query or the body does not fit; `details` names the fields"),
    500: problem("Something failed on our side; `request_id` helps to find it"),
    503: problem("Storage does not answer now; `Retry-After` says when to ask again"),
  },
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
