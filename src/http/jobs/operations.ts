import { claimJob } from "./claim-job.ts";
import { createJob } from "./create-job.ts";
import type { Schema } from "./description.ts";
import {
  type Described,
  etagHeader,
  idempotencyKeyParameter,
  ifMatchParameter,
  ifNoneMatchParameter,
  jobIdParameter,
  listHeaders,
  listParameters,
  preferParameter,
  ref,
} from "./description.ts";
import { listJobs } from "./list-jobs.ts";
import { deleteJob, getJob, patchJob, putJob } from "./one-job.ts";
import { type JobsHandler, jsonAnswer } from "./respond.ts";
import { getSettings, patchSettings } from "./settings.ts";
import { getWebhooks } from "./webhooks.ts";

export type JobsOperation = { readonly described: Described; readonly handler: JobsHandler };

const job = { path: "/jobs/{job_id}", tags: ["jobs"], answer: ref("Job"), headers: etagHeader };
const writeProblems = [404, 412, 413, 415, 422];
const status: Schema = { type: "object", properties: { status: { const: "OK" } }, required: ["status"] };

const jobOperations: readonly JobsOperation[] = [
  {
    described: {
      method: "post",
      path: "/jobs",
      operationId: "processingjoblistPost",
      tags: ["jobs"],
      summary: "Register a job",
      status: 201,
      answer: ref("Job"),
      body: ref("JobRequest"),
      problems: [413, 415, 422],
      parameters: [idempotencyKeyParameter],
      headers: { ...etagHeader, Location: { schema: { type: "string" }, description: "The job" } },
    },
    handler: createJob,
  },
  {
    described: {
      method: "post",
      path: "/jobs/claim",
      operationId: "processingjobClaim",
      tags: ["jobs"],
      summary: "Take the oldest job that waits for a worker",
      status: 200,
      answer: ref("Job"),
      body: ref("JobClaim"),
      bodyIsOptional: true,
      problems: [413, 415, 422],
      bare: { 204: "No job waits" },
      parameters: [preferParameter],
      headers: etagHeader,
    },
    handler: claimJob,
  },
  {
    described: {
      method: "get",
      path: "/jobs",
      operationId: "processingjoblistGet",
      tags: ["jobs"],
      summary: "List jobs, newest first",
      status: 200,
      answer: ref("Jobs"),
      problems: [422],
      parameters: listParameters,
      headers: listHeaders,
    },
    handler: listJobs,
  },
  {
    described: {
      ...job,
      method: "get",
      operationId: "processingjobGet",
      summary: "Get a job",
      status: 200,
      problems: [404],
      bare: { 304: "The client has this version" },
      parameters: [jobIdParameter, ifNoneMatchParameter],
    },
    handler: getJob,
  },
  {
    described: {
      ...job,
      method: "put",
      operationId: "processingjobPut",
      summary: "Submit a job's result, which completes it",
      status: 200,
      body: ref("JobResultSubmitted"),
      problems: writeProblems,
      conflicts: true,
      parameters: [jobIdParameter, ifMatchParameter],
    },
    handler: putJob,
  },
  {
    described: {
      ...job,
      method: "patch",
      operationId: "processingjobPatch",
      summary: "Set a job's status and append errors and warnings",
      status: 202,
      body: ref("JobPatch"),
      problems: writeProblems,
      conflicts: true,
      parameters: [jobIdParameter, ifMatchParameter],
    },
    handler: patchJob,
  },
  {
    described: {
      ...job,
      method: "delete",
      operationId: "processingjobDelete",
      summary: "Delete a job with its payloads",
      status: null,
      problems: [404],
      bare: { 204: "The job is gone" },
      parameters: [jobIdParameter],
    },
    handler: deleteJob,
  },
  {
    described: {
      method: "get",
      path: "/jobs/{job_id}/webhooks",
      operationId: "processingjobWebhooksGet",
      tags: ["jobs"],
      summary: "How far the webhooks of a job's end have come",
      status: 200,
      answer: ref("JobWebhooks"),
      problems: [404],
      parameters: [jobIdParameter],
    },
    handler: getWebhooks,
  },
];

const settingsOperations: readonly JobsOperation[] = [
  {
    described: {
      method: "get",
      path: "/settings",
      operationId: "settingsGet",
      tags: ["settings"],
      summary: "Get the settings",
      status: 200,
      answer: ref("JobSettings"),
      problems: [],
    },
    handler: getSettings,
  },
  {
    described: {
      method: "patch",
      path: "/settings",
      operationId: "settingsPatch",
      tags: ["settings"],
      summary: "Change some of the settings",
      status: 202,
      answer: ref("JobSettings"),
      body: ref("JobSettingsPatch"),
      problems: [413, 415, 422],
    },
    handler: patchSettings,
  },
];

/** Open to everyone, and touching nothing. */
const healthcheck: JobsOperation = {
  described: {
    method: "get",
    path: "/healthcheck",
    operationId: "healthcheckGet",
    tags: ["jobs"],
    summary: "Whether the service answers",
    status: 200,
    answer: status,
    problems: [],
    isOpen: true,
  },
  handler: (request) => jsonAnswer(request, { status: "OK" }, 200),
};

/** Every operation of an app; the settings' only with a settings model. */
export const operationsOf = (hasSettings: boolean): readonly JobsOperation[] => [
  ...jobOperations,
  ...(hasSettings ? settingsOperations : []),
  healthcheck,
];
