import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Operation } from "../kit/face.ts";
import { type Call, called, findJob } from "./call.ts";
import { envelope } from "./envelope.ts";
import { jobIdParam, removedSchema, responses } from "./schemas.ts";

const handle = async (call: Call): Promise<Response> => {
  const { c, deps } = call;
  const found = await findJob(call, c.req.param("job_id") ?? "");
  if (found instanceof Response) return found;
  await found.job.remove();
  return envelope(c, deps, { job_id: found.snapshot.id, deleted: true });
};

/** `DELETE /<path>/{job_id}` */
export const remove = (deps: Deps, workload: Workload, operationId: string): Operation<Caller> => ({
  contract: {
    method: "delete",
    path: `/${workload.path}/{job_id}`,
    operationId,
    tags: [workload.path],
    summary: "Delete the job with its files, its log and its params",
    description: "A job that runs is stopped. Afterwards nothing knows of it, and asking again is a 404.",
    request: { params: jobIdParam },
    responses: responses("The job is gone", removedSchema, { 404: "No such job" }),
  },
  handle: called(deps, workload, handle),
});
