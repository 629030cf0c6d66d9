import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Operation } from "../kit/face.ts";
import { preferenceApplied, preferredWait } from "../kit/prefer.ts";
import { takes } from "../kit/request-headers.ts";
import { type Call, called, type FoundJob, findJob } from "./call.ts";
import { envelope, workloadError } from "./envelope.ts";
import { jobData } from "./job-data.ts";
import { jobIdParam, responses, schemasOf } from "./schemas.ts";

/** The job as it is after a look for its uploads, and what of them is missing. */
const looked = async ({ job, snapshot }: FoundJob) => {
  if (snapshot.state !== "created") return { snapshot, missing: [] };
  const check = await job.checkUploads(true);
  const missing = check.kind === "waiting" ? check.missing : [];
  return { snapshot: (await job.snapshot()) ?? snapshot, missing };
};

/** The job as it is, or, where the client prefers to wait, as it is when it ends or the wait is over. */
const awaited = async ({ c }: Call, { job, snapshot }: FoundJob) => {
  const seconds = preferredWait(c);
  if (seconds === null) return looked({ job, snapshot });
  preferenceApplied(c, seconds);
  return looked({ job, snapshot: (await job.waitForEnd(seconds * 1_000)) ?? snapshot });
};

const answer = async (call: Call, id: string): Promise<Response> => {
  const { c, deps } = call;
  const found = await findJob(call, id);
  if (found instanceof Response) return found;
  const { snapshot, missing } = await awaited(call, found);
  return envelope(c, deps, await jobData(deps, found.job, snapshot, missing));
};

const contractOf = (workload: Workload, path: string, operationId: string) => ({
  method: "get" as const,
  path,
  operationId,
  tags: [workload.path],
  summary: "The job as it is",
  description:
    "Asking for a job that waits for its upload also starts it, if the upload is there. Once it succeeded, " +
    "the answer has a URL for each output. `Prefer: wait=n` (at most 60) answers when the job ends, or " +
    "after n seconds.",
});

/** `GET /<path>/{job_id}` */
export const read = (deps: Deps, workload: Workload, operationId: string): Operation<Caller> => ({
  contract: {
    ...contractOf(workload, `/${workload.path}/{job_id}`, operationId),
    request: { headers: takes("Prefer"), params: jobIdParam },
    responses: responses("The job", schemasOf(workload).job, { 404: "No such job" }),
  },
  handle: called(deps, workload, (call) => answer(call, call.c.req.param("job_id") ?? "")),
});

/** `GET /<path>?job_id=` */
export const readByQuery = (deps: Deps, workload: Workload, operationId: string): Operation<Caller> => ({
  contract: {
    ...contractOf(workload, `/${workload.path}`, operationId),
    request: { headers: takes("Prefer"), query: z.object({ job_id: z.uuid() }) },
    responses: responses("The job", schemasOf(workload).job, { 400: "No job_id", 404: "No such job" }),
  },
  handle: called(deps, workload, async (call) => {
    const id = call.c.req.query("job_id");
    if (id !== undefined) return answer(call, id);
    return workloadError(call.c, call.deps, { code: 400, message: "Name a job with ?job_id=" });
  }),
});
