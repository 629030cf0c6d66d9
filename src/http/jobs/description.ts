import type { RouteConfig } from "@hono/zod-openapi";
import { z } from "zod";
import { claimForm, patchForm } from "../../domain/typed-jobs/commands.ts";
import { JOB_STATUSES } from "../../domain/typed-jobs/job.ts";
import { LIST_IDS, LIST_LIMIT } from "../../domain/typed-jobs/limits.ts";
import { webhookDelivery } from "../../wire/webhook-delivery.ts";
import type { JobsDefinition, ObjectModel } from "./config.ts";

type Responses = RouteConfig["responses"];
/** A JSON Schema as the description carries it; its keywords are checked by the document's own tests. */
export type Schema = { readonly [keyword: string]: unknown };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const DEFINITION = /^#\/\$defs\/(.+)$/;

/** A component's name for a definition inside a model. */
const hoisted = (component: string, definition: string): string =>
  `${component}_${definition.replaceAll(/[^A-Za-z0-9]/g, "")}`;

/** References inside a model point to components once the model and its definitions are such. */
const rebased = (value: unknown, component: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => rebased(item, component));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (key !== "$ref" || typeof member !== "string") return [key, rebased(member, component)];
      const definition = DEFINITION.exec(member)?.[1];
      const name = definition === undefined ? component : hoisted(component, definition);
      return [key, `#/components/schemas/${name}`];
    }),
  );
};

const schemaWith = (model: ObjectModel, io: "input" | "output", component: string) => {
  const { $schema: _dialect, $defs = {}, ...schema } = z.toJSONSchema(model, { io, unrepresentable: "any" });
  const definitions = Object.entries($defs).map(([name, definition]) => [
    hoisted(component, name),
    rebased(definition, component) as Schema,
  ]);
  return {
    schema: rebased(schema, component) as Schema,
    definitions: Object.fromEntries(definitions) as Record<string, Schema>,
  };
};

const schemaOf = (model: ObjectModel, io: "input" | "output", component: string): Schema =>
  schemaWith(model, io, component).schema;

/** A model as a component, and what it refers to as components of their own. */
const componentOf = (model: ObjectModel, io: "input" | "output", component: string) => {
  const { schema, definitions } = schemaWith(model, io, component);
  return { [component]: schema, ...definitions };
};

const settingsPatch = (model: ObjectModel): Schema => {
  const { required: _required, ...schema } = schemaOf(model, "input", "JobSettingsPatch");
  const properties = {
    ...(schema.properties as Schema),
    updated_datetime: { type: ["string", "null"], readOnly: true },
  };
  return { ...schema, properties, additionalProperties: false };
};

const settingsShown = (model: ObjectModel): Schema => {
  const schema = schemaOf(model, "output", "JobSettings");
  return {
    ...schema,
    properties: {
      ...(schema.properties as Schema),
      updated_datetime: { type: "string", format: "date-time" },
    },
    required: [...((schema.required as string[] | undefined) ?? []), "updated_datetime"],
  };
};

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const datetime: Schema = { type: "string", format: "date-time" };
const noteList: Schema = { type: ["array", "null"], items: { type: "string" } };

const jobSchema = (settings: ObjectModel | null): Schema => {
  const properties = {
    job_id: { type: "string", format: "uuid" },
    status: { type: "string", enum: JOB_STATUSES },
    registered_datetime: datetime,
    updated_datetime: datetime,
    completed_datetime: { type: ["string", "null"], format: "date-time" },
    errors: noteList,
    warnings: noteList,
    result_count: { type: "integer" },
    // A job keeps what it was given: by an older model, or by none.
    settings:
      settings === null ? { type: ["object", "null"] } : { anyOf: [ref("JobSettings"), { type: "null" }] },
    request_payload: ref("JobRequestStored"),
    response_payload: { anyOf: [ref("JobResult"), { type: "null" }] },
  };
  return { type: "object", properties, required: Object.keys(properties) };
};

const errorSchema: Schema = {
  type: "object",
  properties: {
    message: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        properties: {
          type: { type: "string" },
          loc: { type: "array", items: { type: ["string", "integer"] } },
          msg: { type: "string" },
        },
        required: ["type", "loc", "msg"],
      },
    },
  },
  required: ["message"],
};

const webhooksShown = z.object({ Webhooks: z.array(webhookDelivery) });

/** The description's components, from the very models that validate. */
export const componentsOf = ({ request, response, settings }: JobsDefinition): Record<string, Schema> => ({
  Job: jobSchema(settings),
  Jobs: {
    type: "object",
    properties: { Jobs: { type: "array", items: ref("Job") } },
    required: ["Jobs"],
  },
  JobWebhooks: schemaOf(webhooksShown, "output", "JobWebhooks"),
  ...componentOf(request, "input", "JobRequest"),
  ...componentOf(request, "output", "JobRequestStored"),
  ...componentOf(response, "input", "JobResultSubmitted"),
  ...componentOf(response, "output", "JobResult"),
  JobPatch: schemaOf(patchForm, "input", "JobPatch"),
  JobClaim: schemaOf(claimForm, "input", "JobClaim"),
  JobsError: errorSchema,
  JobConflict: {
    ...errorSchema,
    properties: { ...(errorSchema.properties as Schema), job: ref("Job") },
    required: ["message", "job"],
  },
  ...(settings === null
    ? {}
    : {
        ...componentOf(settings, "output", "JobSettings"),
        ...componentOf(settings, "input", "JobSettingsPatch"),
        JobSettings: settingsShown(settings),
        JobSettingsPatch: settingsPatch(settings),
      }),
});

const json = (schema: Schema) => ({ "application/json": { schema } });

const PROBLEMS: Readonly<Record<number, string>> = {
  401: "Credentials are missing or wrong",
  403: "This key is for something else",
  404: "No such job, or no settings",
  412: "If-Match names another version",
  413: "A payload over 1 MiB, or one that its queue message has no room for",
  415: "The body is not application/json",
  422: "The body or the query does not fit",
  500: "Something failed on our side",
  503: "Storage or queue does not answer now; Retry-After says when to ask again",
};

export type Described = Pick<RouteConfig, "method" | "path" | "operationId" | "tags" | "summary"> & {
  /** Null where every good answer is one of `bare`. */
  readonly status: 200 | 201 | 202 | null;
  readonly answer: Schema;
  readonly body?: Schema;
  readonly bodyIsOptional?: boolean;
  readonly problems: readonly number[];
  readonly conflicts?: boolean;
  /** Other answers without a body, by their status: what each means. */
  readonly bare?: Readonly<Record<number, string>>;
  readonly parameters?: readonly Schema[];
  readonly headers?: Readonly<Record<string, Schema>>;
  readonly isOpen?: boolean;
};

const responsesOf = (described: Described, isOpen: boolean): Responses => {
  const { status, answer, problems, conflicts = false, headers = {}, bare = {} } = described;
  const success = { description: "Done", content: json(answer), headers };
  const codes = [...(isOpen ? [] : [401, 403]), ...problems, 500, 503];
  return {
    ...(status === null ? {} : { [status]: success }),
    ...Object.fromEntries(Object.entries(bare).map(([code, description]) => [code, { description }])),
    ...(conflicts ? { 409: { description: "The job has ended", content: json(ref("JobConflict")) } } : {}),
    ...Object.fromEntries(
      codes.map((code) => [code, { description: PROBLEMS[code] ?? "", content: json(ref("JobsError")) }]),
    ),
  } as unknown as Responses;
};

/** An operation's entry in the description. */
export const routeConfig = (definition: JobsDefinition, described: Described): RouteConfig => {
  const { method, path, operationId, tags, summary, body, parameters, isOpen = false } = described;
  const basicAuth = definition.auth === null ? [] : [{ basicAuth: [] }];
  const request =
    body === undefined
      ? {}
      : { request: { body: { required: !described.bodyIsOptional, content: json(body) } } };
  return {
    method,
    path: `${definition.prefix}${path}`,
    operationId,
    tags,
    summary,
    ...request,
    ...(parameters === undefined ? {} : { parameters }),
    ...(isOpen ? {} : { security: [...basicAuth, { bearerKey: [] }, { headerKey: [] }] }),
    responses: responsesOf(described, isOpen),
  } as unknown as RouteConfig;
};

const parameter = (place: string, name: string, schema: Schema, description: string): Schema => ({
  in: place,
  name,
  schema,
  description,
  ...(place === "path" ? { required: true } : {}),
});

export const jobIdParameter = parameter("path", "job_id", { type: "string" }, "The job's id");
export const ifMatchParameter = parameter(
  "header",
  "If-Match",
  { type: "string" },
  "ETags of the versions that may be written over",
);
export const ifNoneMatchParameter = parameter(
  "header",
  "If-None-Match",
  { type: "string" },
  "ETag of the version that the client has; 304 says that it is still the present one",
);
export const idempotencyKeyParameter = parameter(
  "header",
  "Idempotency-Key",
  { type: "string", minLength: 1, maxLength: 255 },
  "The same key and body make one job, however often they are sent; with another body it is 422",
);
export const preferParameter = parameter(
  "header",
  "Prefer",
  { type: "string", example: "wait=30" },
  "wait=n waits up to n seconds, at most 60",
);
export const etagHeader = { ETag: { schema: { type: "string" }, description: "The job's version" } };

export const listParameters: readonly Schema[] = [
  parameter(
    "query",
    "limit",
    { type: "integer", minimum: LIST_LIMIT.min, maximum: LIST_LIMIT.max, default: LIST_LIMIT.fallback },
    "Jobs on a page; a page of large jobs has fewer",
  ),
  parameter("query", "status", { type: "string", enum: JOB_STATUSES }, "Only jobs with this status"),
  parameter(
    "query",
    "job_id",
    { type: "string" },
    `Ids with commas between them, at most ${LIST_IDS}; they come on one page`,
  ),
  parameter("query", "registered_datetime_gte", { type: "string" }, "ISO-8601, inclusive, whole seconds"),
  parameter("query", "registered_datetime_lte", { type: "string" }, "ISO-8601, inclusive, whole seconds"),
  parameter("query", "ekey", { type: "string" }, "Where the page starts; X-Next has it"),
];

export const listHeaders = {
  "X-Next": { schema: { type: "string" }, description: "Relative link of the next page; empty on the last" },
  Link: { schema: { type: "string" }, description: "The same as rel=next" },
};

export { ref };
