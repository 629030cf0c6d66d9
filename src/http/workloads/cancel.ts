import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Operation } from "../kit/face.ts";
import { type Call, called, findJob } from "./call.ts";
import { envelope, jobNotFound } from "./envelope.ts";
import { jobData } from "./job-data.ts";
import { jobIdParam, responses, schemasOf } from "./schemas.ts";

const handle = async (call: Call): Promise<Response> => {
  const { c, deps } = call;
  const found = await findJob(call, c.req.param("job_id") ?? "");
  if (found instanceof Response) return found;
  const snapshot = await found.job.cancel();
  return snapshot === null
    ? jobNotFound(c, deps)
    : envelope(c, deps, await jobData(deps, found.job, snapshot));
};

/** `POST /<path>/{job_id}/cancel` */
export const cancel = (deps: Deps, workload: Workload, operationId: string): Operation<Caller> => ({
  contract: {
    method: "post",
    path: `/${workload.path}/{job_id}/cancel`,
    operationId,
    tags: [workload.path],
    summary: "Stop the job",
    description: "A job that has ended stays as it is. It may be repeated.",
    request: { params: jobIdParam },
    responses: responses("The job", schemasOf(workload).job, { 404: "No such job" }),
  },
  handle: called(deps, workload, handle),
});
