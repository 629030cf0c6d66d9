import type { RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { TypedJobDeps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { CommandContext } from "../../domain/typed-jobs/commands.ts";
import { etagOf } from "../../domain/typed-jobs/etag.ts";
import type { TypedJob } from "../../domain/typed-jobs/job.ts";
import { responseText } from "../../domain/typed-jobs/json.ts";
import { jobView, readJob } from "../../domain/typed-jobs/view.ts";
import type { FieldError, JobView } from "../../wire/typed-jobs.ts";
import type { JobsDefinition } from "./config.ts";
import type { JobsSchemas } from "./schemas.ts";

/** What a handler of this face works with. */
export type JobsRequest = {
  readonly c: Context;
  readonly deps: TypedJobDeps;
  readonly definition: JobsDefinition;
  readonly caller: Caller;
};

/** Whose jobs a caller sees and writes; null for those of all. */
export const ownerSeen = ({ owner, worksForAll }: Caller): string | null => (worksForAll ? null : owner);

/** What the commands act through, for the routes and for RPC alike; `owner` null reaches the jobs of all. */
export const commandsOf = (
  deps: TypedJobDeps,
  definition: JobsDefinition,
  owner: string | null,
): CommandContext => ({
  owner,
  objects: deps.objects,
  rows: deps.rows,
  response: definition.response,
  strict: definition.strict,
  staleAfterSeconds: definition.staleAfterSeconds,
});

/** What the commands act through for the caller of a request. */
export const contextOf = ({ deps, definition, caller }: JobsRequest): CommandContext =>
  commandsOf(deps, definition, ownerSeen(caller));

export type JobsHandler = (request: JobsRequest) => Response | Promise<Response>;

/** One operation of an app: its contract, by the app's schemas and without its prefix, and its handler. */
export type JobsOperation = {
  readonly contract: (schemas: JobsSchemas) => RouteConfig;
  readonly handler: JobsHandler;
  /** For everybody. */
  readonly isOpen?: true;
};

const JSON_TYPE = { "Content-Type": "application/json" };

export const jsonAnswer = (
  { c, definition }: Pick<JobsRequest, "c" | "definition">,
  body: unknown,
  status: ContentfulStatusCode,
): Response => c.body(responseText(body, definition.asAscii), status, JSON_TYPE);

export const viewOf = (deps: TypedJobDeps, job: TypedJob): JobView => jobView(readJob(job), deps.zone);

/** One job with its strong ETag. */
export const jobAnswer = (request: JobsRequest, job: TypedJob, status: ContentfulStatusCode): Response => {
  request.c.header("ETag", etagOf(job.version));
  return jsonAnswer(request, viewOf(request.deps, job), status);
};

/** The one error shape of this face; it never holds what the client sent. */
export const problem = (
  c: Context,
  status: ContentfulStatusCode,
  message: string,
  errors?: readonly FieldError[],
): Response => {
  if (status === 503) c.header("Retry-After", "5");
  const body = errors === undefined ? { message } : { message, errors };
  return c.body(responseText(body, true), status, JSON_TYPE);
};

export const unfit = (c: Context, errors: readonly FieldError[]): Response =>
  problem(c, 422, "The request does not fit", errors);

export const tooLarge = (c: Context): Response =>
  problem(c, 413, "A payload ends at 1 MiB, and the job with all its notes at 2 MB");

export const noSuchJob = (c: Context): Response => problem(c, 404, "No job has this job_id");
