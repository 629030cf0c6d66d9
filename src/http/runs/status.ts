import type { Deps } from "../../deps.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { statusBody } from "../../domain/runs/status-body.ts";
import type { Operation } from "../operation.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { jsonResponse, runIdParam, statusSchema, unknownJob } from "./schemas.ts";

/** Place of a queued run among the queued ones, from 1; 0 once an executor has it. */
export const queuePositionOf = async (deps: Deps, snapshot: JobSnapshot): Promise<number> =>
  snapshot.state === "queued" ? Math.max(1, await deps.rows.queuePosition(snapshot.createdAtMs)) : 0;

export const status = (deps: Deps): Operation => ({
  contract: {
    method: "get",
    path: "/status/{id}",
    operationId: "getStatus",
    tags: ["runs"],
    summary: "State, figures, output files and signature of a run",
    request: { params: runIdParam },
    responses: { 200: jsonResponse("The run", statusSchema), ...unknownJob },
  },
  handler: async (c) => {
    const snapshot = (await findRun(c, deps.jobs)?.snapshot()) ?? null;
    if (snapshot === null) return runNotFound(c);
    return c.json(statusBody(snapshot, await queuePositionOf(deps, snapshot)));
  },
});
