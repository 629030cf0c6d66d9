import type { Deps } from "../../deps/types.ts";
import { openCors } from "../kit/cors.ts";
import type { Face, Operation } from "../kit/face.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { problem } from "./problem.ts";

/** Anybody may call the runs: who holds an id holds the run. */
export type RunCaller = null;
export type RunOperation = Operation<RunCaller>;

/** The runs face, which also answers for every path that no other face has. */
export const runsFace = ({ log }: Pick<Deps, "log">): Face<RunCaller> => ({
  roots: [""],
  cors: openCors,
  access: () => ({ kind: "allow", caller: null }),
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
    log.error("http.unhandled", error, { requestId: id, method: c.req.method });
    return problem(c, {
      code: "internal",
      error: "Something failed on our side; the request id helps to find it",
      extra: { request_id: id },
    });
  },
});
