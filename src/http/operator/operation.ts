import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { Call } from "../kit/face.ts";
import { readJson } from "../kit/json-body.ts";
import type { Operator, OperatorOperation } from "./face.ts";

const BODY_BYTES = 64 * 1_024;

/** What a handler answers: a body with how many things it was about, or a refusal. */
export type Told = { readonly body: unknown; readonly count?: number } | Response;
export type OperatorCall = Call<Operator> & { readonly deps: Deps };

type Described = {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly answer: z.ZodType;
  /** Of a good answer; JSON where nothing is said. */
  readonly mediaType?: string;
  /** What a good answer has as its status; 200 where nothing is made. */
  readonly status?: 200 | 201;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
};

const JSON_TYPE = "application/json";
const content = (schema: z.ZodType, mediaType = JSON_TYPE) => ({ [mediaType]: { schema } });

/** Each `{name}` of a path is a text. */
const paramsIn = (path: string): z.ZodObject =>
  z.object(Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, z.string()])));

/** An operation of the operator's; each call of it leaves a line in the audit, refused ones included. */
export const operation = (
  deps: Deps,
  { method, path, operationId, summary, answer, query, body, status = 200, mediaType }: Described,
  handle: (call: OperatorCall) => Promise<Told>,
): OperatorOperation => ({
  contract: {
    method,
    path,
    operationId,
    tags: ["operator"],
    summary,
    security: [{ bearerKey: [] }],
    request: {
      params: paramsIn(path),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: { content: content(body) } }),
    },
    responses: {
      [status]: { description: status === 201 ? "Made" : "Done", content: content(answer, mediaType) },
    },
  },
  handle: async (call) => {
    const told = await handle({ ...call, deps });
    const [response, count] =
      told instanceof Response ? [told, 0] : [call.c.json(told.body, status), told.count ?? 1];
    await deps.operations.audit({
      atMs: deps.now(),
      id: deps.ids.requestId(),
      action: operationId,
      token: call.caller.token,
      status: response.status,
      count,
    });
    return response;
  },
});

/** The body, if it is JSON that fits; else the answer that refuses it. No body is an empty object. */
export const bodyAs = async <T>({ c, face }: OperatorCall, schema: z.ZodType<T>): Promise<T | Response> => {
  const read = await readJson(c, BODY_BYTES);
  if (read.kind === "refused") return face.refuse(c, read.refusal);
  const outcome = schema.safeParse(read.kind === "none" ? {} : read.value);
  if (outcome.success) return outcome.data;
  const fields = outcome.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
  return face.refuse(c, { code: "unfit", message: "The body does not fit", fields });
};

/** The query, if it fits; else the answer that refuses it. */
export const queryAs = <T>({ c, face }: OperatorCall, schema: z.ZodType<T>): T | Response => {
  const outcome = schema.safeParse(c.req.query());
  if (outcome.success) return outcome.data;
  const fields = outcome.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
  return face.refuse(c, { code: "unfit", message: "The query does not fit", fields });
};

export const notFound = ({ c, face }: OperatorCall, message: string): Response =>
  face.refuse(c, { code: "not_found", message });

export const DONE = { body: { done: true } } as const;
