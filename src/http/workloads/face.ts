import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import { keyHolder } from "../kit/callers.ts";
import { openCors } from "../kit/cors.ts";
import type { Face } from "../kit/face.ts";
import { type RefusalCode, STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced } from "../kit/trace.ts";
import { type WorkloadError, workloadError } from "./envelope.ts";

const statusOf = (code: RefusalCode): WorkloadError["code"] =>
  code === "upgrade_required" ? 500 : STATUS_OF[code];

/** The face of all declared workloads. */
export const workloadFace = (deps: Deps, workloads: readonly Workload[]): Face<Caller> => ({
  roots: workloads.map(({ path }) => `/${path}`),
  cors: openCors,
  access: (c) =>
    keyHolder(c, deps, ["workloads"], "Send one of the service's keys as x-api-key, or in authorization"),
  refuse: (c, { code, message, fields, retryAfterSeconds }) => {
    const errors = fields?.map((field) => ({ field: field.path.join("."), message: field.message }));
    return workloadError(c, deps, {
      code: statusOf(code),
      message,
      ...(errors === undefined ? {} : { errors }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  },
  failed: (c, error) => {
    deps.log.error("http.unhandled", error, {
      requestId: requestIdOf(c),
      method: c.req.method,
      ...traced(c),
    });
    const message = "Something failed on our side; the transaction id helps to find it";
    return workloadError(c, deps, { code: 500, message });
  },
});
