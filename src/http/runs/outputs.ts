import type { Deps } from "../../deps/types.ts";
import { outputsBody } from "../../domain/runs/outputs-body.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { jsonResponse, outputsSchema, runIdParam, unknownJob } from "./schemas.ts";

export const outputs = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/outputs/{id}",
    operationId: "listOutputs",
    tags: ["runs"],
    summary: "Files that the run made or changed and that its `outputs` patterns select",
    request: { params: runIdParam },
    responses: { 200: jsonResponse("The files; none until the run ends", outputsSchema), ...unknownJob },
  },
  handle: async ({ c }) => {
    const snapshot = (await findRun(c, deps.jobs)?.snapshot()) ?? null;
    return snapshot === null ? runNotFound(c) : c.json(outputsBody(snapshot));
  },
});
