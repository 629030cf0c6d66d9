import type { AccessDeps, Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import { runCaller } from "../kit/callers.ts";
import { openCors } from "../kit/cors.ts";
import type { Face, Operation } from "../kit/face.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced } from "../kit/trace.ts";
import { problem } from "./problem.ts";
import { problemResponse } from "./schemas.ts";

/** Who holds an id holds the run; whose key made it finds it in lists as well. */
export type RunOperation = Operation<Caller>;

/** The runs face, which also answers for every path that no other face has. */
export const runsFace = (deps: AccessDeps & Pick<Deps, "log">): Face<Caller> => ({
  roots: [""],
  cors: openCors,
  access: (c) => runCaller(c, deps),
  commonResponses: {
    400: problemResponse("The path, the query or a header cannot be read"),
    401: problemResponse("A key is wanted, or what was sent is none"),
    500: problemResponse("Something failed on our side; `request_id` helps to find it"),
    503: problemResponse("Storage does not answer now; `Retry-After` says when to ask again"),
  },
  refuse: (c, { code, message, fields, retryAfterSeconds }) => {
    const details = fields?.map((field) => ({ field: field.path.join("."), message: field.message }));
    return problem(c, {
      code,
      error: message,
      ...(details === undefined ? {} : { details }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  },
  failed: (c, error) => {
    const id = requestIdOf(c);
    deps.log.error("http.unhandled", error, { requestId: id, method: c.req.method, ...traced(c) });
    return problem(c, {
      code: "internal",
      error: "Something failed on our side; the request id helps to find it",
      extra: { request_id: id },
    });
  },
});
