import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Operation } from "../kit/face.ts";
import { type Call, called, findJob } from "./call.ts";
import { envelope, jobNotFound, workloadError } from "./envelope.ts";
import { jobData } from "./job-data.ts";
import { jobIdParam, responses, schemasOf } from "./schemas.ts";

const handle = async (call: Call): Promise<Response> => {
  const { c, deps } = call;
  const found = await findJob(call, c.req.param("job_id") ?? "");
  if (found instanceof Response) return found;
  const check = await found.job.checkUploads(false);
  if (check.kind === "waiting") {
    const errors = check.missing.map((field) => ({ field, message: "has not been uploaded" }));
    return workloadError(c, deps, {
      code: 409,
      message: `Still missing: ${check.missing.join(", ")}`,
      errors,
    });
  }
  const snapshot = await found.job.snapshot();
  return snapshot === null
    ? jobNotFound(c, deps)
    : envelope(c, deps, await jobData(deps, found.job, snapshot));
};

/** `POST /<path>/{job_id}/complete`: for who does not want to wait until the upload is noticed. */
export const complete = (deps: Deps, workload: Workload, operationId: string): Operation<Caller> => ({
  contract: {
    method: "post",
    path: `/${workload.path}/{job_id}/complete`,
    operationId,
    tags: [workload.path],
    summary: "Say that the upload is done",
    description:
      "Processing starts by itself soon after an upload; this starts it at once. It may be repeated.",
    request: { params: jobIdParam },
    responses: responses("The job", schemasOf(workload).job, {
      404: "No such job",
      409: "A required part is not there; `errors` names it",
    }),
  },
  handle: called(deps, workload, handle),
});
