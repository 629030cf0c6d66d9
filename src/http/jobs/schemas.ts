import { type RouteConfig, z } from "@hono/zod-openapi";
import { claimForm, patchForm } from "../../domain/typed-jobs/commands.ts";
import { JOB_STATUSES } from "../../wire/typed-jobs.ts";
import { webhookDelivery } from "../../wire/webhook-delivery.ts";
import type { JobsDefinition } from "./config.ts";
import { type Components, modelSchema, settingsPatch, settingsShown } from "./model-schemas.ts";

/** The shared schemas know nothing of the description, which extends only instances made after it was loaded. */
const named = <T extends z.ZodType>(name: string, schema: T): T => schema.clone().openapi(name);

const datetime = z.string().openapi({ format: "date-time" });
const notes = z.array(z.string()).nullable();

/** The app's models for the contracts, and what else of them belongs among the components. */
const modelsOf = ({ request, response, settings }: JobsDefinition) => {
  const models = {
    request: modelSchema(request, "input", "JobRequest"),
    requestStored: modelSchema(request, "output", "JobRequestStored"),
    result: modelSchema(response, "input", "JobResultSubmitted"),
    resultStored: modelSchema(response, "output", "JobResult"),
    settings: settings === null ? null : settingsShown(settings),
    settingsPatch: settings === null ? null : settingsPatch(settings),
  };
  const definitions = Object.values(models).map((model) => model?.definitions ?? {});
  return { models, definitions: Object.assign({}, ...definitions) as Components };
};
type Models = ReturnType<typeof modelsOf>["models"];

const jobSchema = ({ settings, requestStored, resultStored }: Models) =>
  z
    .object({
      job_id: z.string().openapi({ format: "uuid" }),
      status: z.enum(JOB_STATUSES),
      registered_datetime: datetime,
      updated_datetime: datetime,
      completed_datetime: datetime.nullable(),
      errors: notes,
      warnings: notes,
      result_count: z.int(),
      // A job keeps what it was given: by an older model, or by none.
      settings:
        settings === null
          ? z.record(z.string(), z.unknown()).nullable()
          : z.union([settings.schema, z.null()]),
      request_payload: requestStored.schema,
      response_payload: z.union([resultStored.schema, z.null()]),
    })
    .openapi("Job");

export const errorSchema = z
  .object({
    message: z.string(),
    errors: z
      .array(z.object({ type: z.string(), loc: z.array(z.union([z.string(), z.int()])), msg: z.string() }))
      .optional(),
  })
  .openapi("JobsError");

/** What the operations of an app take and answer. */
export const schemasOf = (definition: JobsDefinition) => {
  const { models, definitions } = modelsOf(definition);
  const job = jobSchema(models);
  return {
    job,
    jobs: z.object({ Jobs: z.array(job) }).openapi("Jobs"),
    webhooks: z.object({ Webhooks: z.array(webhookDelivery) }).openapi("JobWebhooks"),
    request: models.request.schema,
    result: models.result.schema,
    patch: named("JobPatch", patchForm),
    claim: named("JobClaim", claimForm),
    conflict: errorSchema.extend({ job }).openapi("JobConflict"),
    // Without a model there is no operation for them.
    settings: models.settings?.schema ?? z.null(),
    settingsPatch: models.settingsPatch?.schema ?? z.null(),
    definitions,
  };
};
export type JobsSchemas = ReturnType<typeof schemasOf>;

const PROBLEMS = {
  401: "Credentials are missing or wrong",
  403: "This key is for something else",
  404: "No such job, or no settings",
  412: "If-Match names another version",
  413: "A payload over 1 MiB, or one that its queue message has no room for",
  415: "The body is not application/json",
  422: "The path, the query, a header or the body does not fit",
  500: "Something failed on our side",
  503: "Storage or queue does not answer now; Retry-After says when to ask again",
} as const;

type Responses = RouteConfig["responses"];

/** A body for a contract. */
export const json = (schema: z.ZodType) => ({ "application/json": { schema } });

/** Entries of the refusals that an operation may answer. */
export const problems = (...codes: (keyof typeof PROBLEMS)[]): Responses =>
  Object.fromEntries(
    codes.map((code) => [code, { description: PROBLEMS[code], content: json(errorSchema) }]),
  );

/** What every operation that wants credentials may answer. */
export const COMMON_PROBLEMS = problems(401, 403, 422, 500, 503);

const header = (description: string) => ({ schema: { type: "string" as const }, description });

/** Headers of answers. */
export const ETAG = { ETag: header("The job's version") };
export const LOCATION = { Location: header("The job") };
export const NEXT_PAGE = {
  "X-Next": header("Relative link of the next page; empty on the last"),
  Link: header("The same as rel=next"),
};

/** An answer with the job as it is now. */
export const jobIs = (schemas: JobsSchemas, description = "The job") => ({
  description,
  content: json(schemas.job),
  headers: ETAG,
});

/** A write that came too late. */
export const hasEnded = (schemas: JobsSchemas): Responses => ({
  409: { description: "The job has ended", content: json(schemas.conflict) },
});

export const jobIdParams = z.object({ job_id: z.string().openapi({ description: "The job's id" }) });
