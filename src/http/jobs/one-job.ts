import { z } from "zod";
import { versionsOf } from "../../domain/typed-jobs/etag.ts";
import { isJobId, JOB_STATUSES } from "../../domain/typed-jobs/job.ts";
import type { TypedJobHandle, WriteOutcome } from "../../domain/typed-jobs/ports.ts";
import { validatePayload } from "../../domain/typed-jobs/validate.ts";
import { fieldErrors } from "../../wire/typed-jobs.ts";
import { objectOf } from "./body.ts";
import {
  type JobsHandler,
  type JobsRequest,
  jobAnswer,
  jsonAnswer,
  noSuchJob,
  problem,
  tooLarge,
  unfit,
  viewOf,
} from "./respond.ts";

const notes = z.array(z.string()).nullable().optional();

/** Body of PATCH: the status is set, the notes are appended (contract 7). */
export const patchModel = z.object({ status: z.enum(JOB_STATUSES), errors: notes, warnings: notes });

/** The job's object; null for an id that we never gave, which must not make an object. */
const handleOf = ({ c, deps }: JobsRequest): TypedJobHandle | null => {
  const id = (c.req.param("job_id") ?? "").toLowerCase();
  return isJobId(id) ? deps.objects.byId(id) : null;
};

const guardOf = ({ c, definition }: JobsRequest) => ({
  versions: versionsOf(c.req.header("if-match")),
  strict: definition.strict,
});

const writeAnswer = (request: JobsRequest, outcome: WriteOutcome | null, status: 200 | 202): Response => {
  const { c, deps } = request;
  switch (outcome?.kind) {
    case undefined:
    case "not_found":
      return noSuchJob(c);
    case "too_large":
      return problem(c, 413, "The job's notes and payloads together are too large");
    case "stale":
      return problem(c, 412, "The job has changed; GET it for its present ETag");
    case "terminal":
      return jsonAnswer(
        request,
        { message: "The job has ended and keeps its status", job: viewOf(deps, outcome.job) },
        409,
      );
    case "written":
      return jobAnswer(request, outcome.job, status);
  }
};

export const getJob: JobsHandler = async (request) => {
  const job = (await handleOf(request)?.read()) ?? null;
  return job === null ? noSuchJob(request.c) : jobAnswer(request, job, 200);
};

export const putJob: JobsHandler = async (request) => {
  const { c, definition } = request;
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  const result = await validatePayload(definition.response, body);
  if (result.kind === "too_large") return tooLarge(c);
  if (result.kind === "unfit") return unfit(c, result.errors);
  const change = { payload: result.json, warnings: null };
  const outcome = await handleOf(request)?.complete(change, guardOf(request));
  return writeAnswer(request, outcome ?? null, 200);
};

export const patchJob: JobsHandler = async (request) => {
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  const parsed = patchModel.safeParse(body);
  if (!parsed.success) return unfit(request.c, fieldErrors(parsed.error));
  const { status, errors = null, warnings = null } = parsed.data;
  const change = { status, errors, warnings, fillsNulls: true };
  const outcome = await handleOf(request)?.patch(change, guardOf(request));
  return writeAnswer(request, outcome ?? null, 202);
};
