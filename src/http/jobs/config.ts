import type { Context } from "hono";
import { z } from "zod";
import { fieldsWithoutDefault } from "../../domain/typed-jobs/settings.ts";
import { VERSION } from "../../domain/version.ts";
import type { WebhookEndpoint } from "../../domain/webhooks/endpoint.ts";
import { WEBHOOK_EVENTS } from "../../domain/webhooks/event.ts";
import { type JobView, leaseSeconds } from "../../wire/typed-jobs.ts";

export type ObjectModel = z.ZodObject;

/** A type after its way through JSON. */
export type Jsonified<T> = T extends Date
  ? string
  : T extends bigint
    ? number | string
    : T extends ReadonlySet<infer Item>
      ? Jsonified<Item>[]
      : T extends object
        ? { [Key in keyof T]: Jsonified<T[Key]> }
        : T;

/** A job as answers show it, typed by the app's models. */
export type JobOf<
  Req extends ObjectModel,
  Res extends ObjectModel,
  Settings extends ObjectModel | undefined = undefined,
> = JobView<
  Jsonified<z.output<Req>>,
  Jsonified<z.output<Res>>,
  Settings extends ObjectModel ? Jsonified<z.output<Settings>> & { readonly updated_datetime: string } : null
>;

type Eventually<T> = T | Promise<T>;

/** What a deployer may set; every key may be left out. */
export type JobsConfig<
  Req extends ObjectModel,
  Res extends ObjectModel,
  Settings extends ObjectModel | undefined = undefined,
> = {
  readonly apiTitle?: string;
  readonly apiVersion?: string;
  /** Credentials that are left out come from the secrets BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD. */
  readonly basicAuth?: {
    readonly force: boolean;
    readonly username?: string;
    readonly password?: string;
  };
  /** Name of a Queue binding that takes a message for each accepted job. */
  readonly queue?: string;
  /** Such as `/v1`; stands before every path of this face but `/openapi`. */
  readonly endpointPrefix?: string;
  /** Sees the decoded body before anything is validated; a Response that it returns refuses the request. */
  readonly authorizeJobRequest?: (
    payload: Readonly<Record<string, unknown>>,
    c: Context,
    // biome-ignore lint/suspicious/noConfusingVoidType: a hook that returns nothing allows the request.
  ) => Eventually<Response | null | undefined | void>;
  /** Gets the validated body and returns the one to use, which is validated again. */
  readonly transformJobRequest?: (payload: z.input<Req>, c: Context) => Eventually<z.input<Req>>;
  /** Called once the job is stored and queued; if it throws, the job becomes `error`. */
  readonly onJobRequest?: (
    event: { readonly jobId: string; readonly job: JobOf<Req, Res, Settings> },
    c: Context,
  ) => Eventually<unknown>;
  /** Writes non-ASCII characters as `\uXXXX`. */
  readonly jsonAsAscii?: boolean;
  /** Keeps completed, error and cancelled for good: later writes are answered with 409. */
  readonly strictTransitions?: boolean;
  /** A job that is processing and of which no worker has said anything for so long becomes `error`. */
  readonly staleAfterSeconds?: number;
  /** Jobs are deleted this many days after their registration. */
  readonly recordTtlDays?: number;
  /** Who is told how jobs end; the binding WEBHOOK_OBJECT makes the deliveries. */
  readonly webhookEndpoints?: readonly WebhookEndpoint[];
};

const hook = (name: string) =>
  z
    .custom<unknown>((value) => typeof value === "function", { error: `${name} must be a function` })
    .optional();

const word = (name: string) => z.string({ error: `${name} must be text` }).min(1, `${name} is empty`);

const schema = z.strictObject({
  apiTitle: word("apiTitle").default("Jobs"),
  apiVersion: word("apiVersion").default(VERSION),
  basicAuth: z
    .strictObject({
      force: z.boolean({ error: "basicAuth.force must be true or false" }),
      username: word("basicAuth.username")
        .refine((name) => !name.includes(":"), "basicAuth.username must have no colon")
        .optional(),
      password: word("basicAuth.password").optional(),
    })
    .optional(),
  queue: word("queue").optional(),
  endpointPrefix: z
    .string()
    .regex(/^((\/[A-Za-z0-9._~-]+)+\/?|\/?)$/, "endpointPrefix must start with / and be a plain path")
    .default(""),
  authorizeJobRequest: hook("authorizeJobRequest"),
  transformJobRequest: hook("transformJobRequest"),
  onJobRequest: hook("onJobRequest"),
  jsonAsAscii: z.boolean({ error: "jsonAsAscii must be true or false" }).default(false),
  strictTransitions: z.boolean({ error: "strictTransitions must be true or false" }).default(false),
  staleAfterSeconds: leaseSeconds.optional(),
  recordTtlDays: z
    .number({ error: "recordTtlDays must be a number" })
    .positive("recordTtlDays must be positive")
    .max(36_500, "recordTtlDays is at most 36500")
    .optional(),
  webhookEndpoints: z
    .array(
      z.strictObject({ url: z.string(), secretName: z.string(), events: z.array(z.enum(WEBHOOK_EVENTS)) }),
    )
    .readonly()
    .default([]),
});

/** The app as its handlers see it: complete, checked, and free of the models' types. */
export type JobsDefinition = {
  readonly request: ObjectModel;
  readonly response: ObjectModel;
  readonly settings: ObjectModel | null;
  readonly title: string;
  readonly version: string;
  /** Null: open. A credential that is null is the secret's. */
  readonly auth: { readonly username: string | null; readonly password: string | null } | null;
  readonly queue: string | null;
  readonly prefix: string;
  readonly asAscii: boolean;
  readonly strict: boolean;
  /** Null lets a job be processed as long as it takes. */
  readonly staleAfterSeconds: number | null;
  readonly retentionMs: number | null;
  readonly webhookEndpoints: readonly WebhookEndpoint[];
  readonly authorize: ((payload: Record<string, unknown>, c: Context) => unknown) | null;
  readonly transform: ((payload: Record<string, unknown>, c: Context) => unknown) | null;
  readonly created: ((event: { jobId: string; job: JobView }, c: Context) => unknown) | null;
};

const DAY_MS = 86_400_000;

const check = (isFine: boolean, problem: string): void => {
  if (!isFine) throw new TypeError(`createApp: ${problem}`);
};

const checkModels = (request: unknown, response: unknown, settings: unknown): void => {
  check(request instanceof z.ZodObject, "request must be a zod object schema");
  check(response instanceof z.ZodObject, "response must be a zod object schema");
  if (settings === undefined || settings === null) return;
  check(settings instanceof z.ZodObject, "settings must be a zod object schema");
  const missing = fieldsWithoutDefault(settings as ObjectModel);
  check(missing.length === 0, `settings fields without a default: ${missing.join(", ")}`);
};

const parsedConfig = (config: unknown): z.infer<typeof schema> => {
  const outcome = schema.safeParse(config);
  if (outcome.success) return outcome.data;
  const problems = outcome.error.issues.map(
    (issue) => `${issue.path.join(".") || "config"}: ${issue.message}`,
  );
  throw new TypeError(`createApp: ${problems.join("; ")}`);
};

/**
 * Checks an app's models and config.
 * @param ambient variables known when the app is built, where the secrets may be.
 * @throws TypeError that names the field that cannot work.
 */
export const definitionOf = (
  models: { readonly request: unknown; readonly response: unknown; readonly settings: unknown },
  config: unknown,
  ambient: Readonly<Record<string, unknown>>,
): JobsDefinition => {
  const { request, response, settings } = models;
  checkModels(request, response, settings);
  const parsed = parsedConfig(config);
  const { basicAuth, recordTtlDays } = parsed;
  const isForced = basicAuth?.force === true;
  if (isForced && basicAuth.password === undefined) {
    const { BASIC_AUTH_PASSWORD: secret } = ambient;
    check(
      typeof secret === "string" && secret !== "",
      "basicAuth.password is missing, and so is the secret BASIC_AUTH_PASSWORD",
    );
  }
  return {
    request: request as ObjectModel,
    response: response as ObjectModel,
    settings: (settings ?? null) as ObjectModel | null,
    title: parsed.apiTitle,
    version: parsed.apiVersion,
    auth: isForced ? { username: basicAuth.username ?? null, password: basicAuth.password ?? null } : null,
    queue: parsed.queue ?? null,
    prefix: parsed.endpointPrefix.replace(/\/$/, ""),
    asAscii: parsed.jsonAsAscii,
    strict: parsed.strictTransitions,
    staleAfterSeconds: parsed.staleAfterSeconds ?? null,
    retentionMs: recordTtlDays === undefined ? null : recordTtlDays * DAY_MS,
    webhookEndpoints: parsed.webhookEndpoints,
    authorize: (parsed.authorizeJobRequest ?? null) as JobsDefinition["authorize"],
    transform: (parsed.transformJobRequest ?? null) as JobsDefinition["transform"],
    created: (parsed.onJobRequest ?? null) as JobsDefinition["created"],
  };
};
