import * as commands from "../../domain/typed-jobs/commands.ts";
import { etagOf, versionsOf } from "../../domain/typed-jobs/etag.ts";
import { isNotModified } from "../kit/conditional.ts";
import { objectOf } from "./body.ts";
import {
  contextOf,
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

const idOf = ({ c }: JobsRequest): string => (c.req.param("job_id") ?? "").toLowerCase();

const versionsAsked = ({ c }: JobsRequest) => versionsOf(c.req.header("if-match"));

const writeAnswer = (request: JobsRequest, outcome: commands.Written, status: 200 | 202): Response => {
  const { c, deps } = request;
  switch (outcome.kind) {
    case "not_found":
      return noSuchJob(c);
    case "unfit":
      return unfit(c, outcome.errors);
    case "too_large":
      return tooLarge(c);
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
  const { c } = request;
  const job = await commands.readOne(contextOf(request), idOf(request));
  if (job === null) return noSuchJob(c);
  if (!isNotModified(c, etagOf(job.version))) return jobAnswer(request, job, 200);
  c.header("ETag", etagOf(job.version));
  return c.body(null, 304);
};

export const putJob: JobsHandler = async (request) => {
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  const context = contextOf(request);
  const versions = versionsAsked(request);
  return writeAnswer(request, await commands.submitResult(context, idOf(request), body, null, versions), 200);
};

export const deleteJob: JobsHandler = async (request) =>
  (await commands.removeJob(contextOf(request), idOf(request)))
    ? request.c.body(null, 204)
    : noSuchJob(request.c);

export const patchJob: JobsHandler = async (request) => {
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  const context = contextOf(request);
  const how = { fillsNulls: true, versions: versionsAsked(request) };
  return writeAnswer(request, await commands.patchJob(context, idOf(request), body, how), 202);
};
