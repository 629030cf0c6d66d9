import * as commands from "../../domain/typed-jobs/commands.ts";
import { etagOf, versionsOf } from "../../domain/typed-jobs/etag.ts";
import { isNotModified } from "../kit/conditional.ts";
import { takes } from "../kit/request-headers.ts";
import { objectOf } from "./body.ts";
import {
  contextOf,
  type JobsHandler,
  type JobsOperation,
  type JobsRequest,
  jobAnswer,
  jsonAnswer,
  noSuchJob,
  problem,
  tooLarge,
  unfit,
  viewOf,
} from "./respond.ts";
import { hasEnded, jobIdParams, jobIs, json, problems } from "./schemas.ts";

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

const getJob: JobsHandler = async (request) => {
  const { c } = request;
  const job = await commands.readOne(contextOf(request), idOf(request));
  if (job === null) return noSuchJob(c);
  if (!isNotModified(c, etagOf(job.version))) return jobAnswer(request, job, 200);
  c.header("ETag", etagOf(job.version));
  return c.body(null, 304);
};

const putJob: JobsHandler = async (request) => {
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  const context = contextOf(request);
  const versions = versionsAsked(request);
  return writeAnswer(request, await commands.submitResult(context, idOf(request), body, null, versions), 200);
};

const deleteJob: JobsHandler = async (request) =>
  (await commands.removeJob(contextOf(request), idOf(request)))
    ? request.c.body(null, 204)
    : noSuchJob(request.c);

const patchJob: JobsHandler = async (request) => {
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  const context = contextOf(request);
  const how = { fillsNulls: true, versions: versionsAsked(request) };
  return writeAnswer(request, await commands.patchJob(context, idOf(request), body, how), 202);
};

export const get: JobsOperation = {
  contract: (schemas) => ({
    method: "get",
    path: "/jobs/{job_id}",
    operationId: "processingjobGet",
    tags: ["jobs"],
    summary: "Get a job",
    request: { params: jobIdParams, headers: takes("If-None-Match") },
    responses: {
      200: jobIs(schemas),
      304: { description: "The client has this version" },
      ...problems(404),
    },
  }),
  handler: getJob,
};

export const put: JobsOperation = {
  contract: (schemas) => ({
    method: "put",
    path: "/jobs/{job_id}",
    operationId: "processingjobPut",
    tags: ["jobs"],
    summary: "Submit a job's result, which completes it",
    request: {
      params: jobIdParams,
      headers: takes("If-Match"),
      body: { required: true, content: json(schemas.result) },
    },
    responses: {
      200: jobIs(schemas),
      ...hasEnded(schemas),
      ...problems(404, 412, 413, 415, 422),
    },
  }),
  handler: putJob,
};

export const patch: JobsOperation = {
  contract: (schemas) => ({
    method: "patch",
    path: "/jobs/{job_id}",
    operationId: "processingjobPatch",
    tags: ["jobs"],
    summary: "Set a job's status and append errors and warnings",
    request: {
      params: jobIdParams,
      headers: takes("If-Match"),
      body: { required: true, content: json(schemas.patch) },
    },
    responses: {
      202: jobIs(schemas),
      ...hasEnded(schemas),
      ...problems(404, 412, 413, 415, 422),
    },
  }),
  handler: patchJob,
};

export const remove: JobsOperation = {
  contract: () => ({
    method: "delete",
    path: "/jobs/{job_id}",
    operationId: "processingjobDelete",
    tags: ["jobs"],
    summary: "Delete a job with its payloads",
    request: { params: jobIdParams },
    responses: { 204: { description: "The job is gone" }, ...problems(404) },
  }),
  handler: deleteJob,
};
