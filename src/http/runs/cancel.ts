import type { Deps } from "../../deps/types.ts";
import { statusBody } from "../../domain/runs/status-body.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { jsonResponse, runIdParam, statusSchema, unknownJob } from "./schemas.ts";
import { queuePositionOf } from "./status.ts";

export const cancel = (deps: Deps): RunOperation => ({
  contract: {
    method: "post",
    path: "/cancel/{id}",
    operationId: "cancelRun",
    tags: ["runs"],
    summary: "Stop a queued or running run; asking again changes nothing",
    request: { params: runIdParam },
    responses: {
      200: jsonResponse(
        "The run as it is now; `cancel_requested` while its program is being killed",
        statusSchema,
      ),
      ...unknownJob,
    },
  },
  handle: async ({ c }) => {
    const snapshot = (await findRun(c, deps.jobs)?.cancel()) ?? null;
    if (snapshot === null) return runNotFound(c);
    return c.json(statusBody(snapshot, await queuePositionOf(deps, snapshot)));
  },
});
