import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { serviceLog } from "../../deps.ts";
import { BrokenBody } from "./body.ts";
import { isPassing, PASSING_RETRY_SECONDS } from "./passing.ts";
import { preferredWait } from "./prefer.ts";
import type { Refusal } from "./refusal.ts";
import { requestIdOf } from "./request-id.ts";
import { traced } from "./trace.ts";

/** What a face's check says of a request: who calls, or why it may not. */
export type Access<Caller> =
  | { readonly kind: "allow"; readonly caller: Caller }
  | { readonly kind: "refuse"; readonly refusal: Refusal };

/** A group of operations that share paths, the shape of their errors, CORS and who may call. */
export type Face<Caller> = {
  /** Paths at and below these are the face's; the one that is mounted last has all that is left. */
  readonly roots: readonly string[];
  /** A refusal in the face's own shape. */
  readonly refuse: (c: Context, refusal: Refusal) => Response;
  /** What an operation that threw is answered with, where no storage was the cause; logs the cause. */
  readonly failed: (c: Context, error: unknown) => Response;
  readonly cors: MiddlewareHandler;
  readonly access: (c: Context) => Access<Caller> | Promise<Access<Caller>>;
  /** Answers that any of its operations may give, for the description; an operation's own win. */
  readonly commonResponses?: RouteConfig["responses"];
};

/** A request to an operation, from somebody who may make it. */
export type Call<Caller> = {
  readonly c: Context;
  readonly face: Face<Caller>;
  readonly caller: Caller;
};

export type Handle<Caller> = (call: Call<Caller>) => Response | Promise<Response>;

/** One operation: what the description says of it, and what it does. */
export type Operation<Caller> =
  | { readonly contract: RouteConfig; readonly handle: Handle<Caller>; readonly isOpen?: false }
  /** For everybody, without the face's check. */
  | {
      readonly contract: RouteConfig;
      readonly handle: (c: Context) => Response | Promise<Response>;
      readonly isOpen: true;
    };

/** Whether a path belongs to a face, also where no operation of it matches. */
export const owns = ({ roots }: Pick<Face<never>, "roots">, path: string): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`));

/** `{path}` takes the rest of the path, slashes included; every other parameter is one segment. */
const honoPath = (path: string): string =>
  path.replaceAll("{path}", ":path{.+}").replaceAll(/\{(\w+)\}/g, ":$1");

const answered = async <Caller>(
  c: Context,
  face: Face<Caller>,
  operation: Operation<Caller>,
): Promise<Response> => {
  if (operation.isOpen) return operation.handle(c);
  const access = await face.access(c);
  if (access.kind === "refuse") return face.refuse(c, access.refusal);
  const response = await operation.handle({ c, face, caller: access.caller });
  if (preferredWait(c) === null) return response;
  // A key may have ended while the answer was waited for.
  const then = await face.access(c);
  return then.kind === "allow" ? response : face.refuse(c, then.refusal);
};

/** Answers for a path that is there what no operation of it answers: OPTIONS with 200, the rest with 405. */
const otherMethods =
  <Caller>(face: Face<Caller>, methods: readonly string[]) =>
  (c: Context): Response => {
    const allowed = [...methods, ...(methods.includes("GET") ? ["HEAD"] : [])];
    c.header("Allow", [...allowed, "OPTIONS"].join(", "));
    if (c.req.method === "OPTIONS") return c.body(null, 200);
    const message = `${c.req.method} is not possible here; use ${allowed.join(" or ")}`;
    return face.refuse(c, { code: "method_not_allowed", message });
  };

const refuseUnavailable = (face: Pick<Face<never>, "refuse">, c: Context, error: unknown): Response => {
  serviceLog.error("http.unavailable", error, {
    requestId: requestIdOf(c),
    method: c.req.method,
    ...traced(c),
  });
  return face.refuse(c, {
    code: "unavailable",
    message: "Storage does not answer now",
    retryAfterSeconds: PASSING_RETRY_SECONDS,
  });
};

/** What an operation that threw is answered with. */
export const afterFailure = (
  face: Pick<Face<never>, "refuse" | "failed">,
  c: Context,
  error: unknown,
): Response => {
  if (error instanceof BrokenBody)
    return face.refuse(c, {
      code: "invalid_request",
      message: "The body broke off, or is not framed as its headers say",
    });
  return isPassing(error) ? refuseUnavailable(face, c, error) : face.failed(c, error);
};

/** Serves a face's operations and enters them into the API description. */
export const mountFace = <Caller>(
  app: OpenAPIHono,
  face: Face<Caller>,
  operations: readonly Operation<Caller>[],
): void => {
  const methodsOf = new Map<string, string[]>();
  for (const operation of operations) {
    const { contract } = operation;
    const path = honoPath(contract.path);
    const method = contract.method.toUpperCase();
    methodsOf.set(path, [...(methodsOf.get(path) ?? []), method]);
    app.openAPIRegistry.registerPath({
      ...contract,
      responses: { ...face.commonResponses, ...contract.responses },
    });
    app.on(method, path, async (c) => {
      try {
        return await answered(c, face, operation);
      } catch (error) {
        return afterFailure(face, c, error);
      }
    });
  }
  for (const [path, methods] of methodsOf) app.all(path, otherMethods(face, methods));
};
