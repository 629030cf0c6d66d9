import { z } from "zod";
import { ACCESS_MODES } from "./domain/access/caller.ts";
import { parseTrustedKeys } from "./domain/pool/trust.ts";
import { quotaClasses } from "./domain/quota/classes.ts";
import { isTimeZone } from "./domain/typed-jobs/zone.ts";
import { SECRET_FORM, secretsOf } from "./domain/webhooks/secret.ts";
import { webAddress } from "./wire/web-address.ts";

const binding = <T>(name: string) =>
  z.custom<T>((value) => typeof value === "object" && value !== null, {
    error: `binding ${name} is missing`,
  });

const secret = (name: string) =>
  z.string({ error: `secret ${name} is missing` }).min(8, { error: `secret ${name} is too short` });

const DAY_SECONDS = 86_400;

const flag = (fallback: "true" | "false") =>
  z
    .enum(["true", "false"])
    .default(fallback)
    .transform((text) => text === "true");

const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);

const schema = z.object({
  DB: binding<D1Database>("DB"),
  BUCKET: binding<R2Bucket>("BUCKET"),
  ASSETS: binding<Fetcher>("ASSETS"),
  JOB_OBJECT: binding<DurableObjectNamespace>("JOB_OBJECT"),
  QUOTA_OBJECT: binding<DurableObjectNamespace>("QUOTA_OBJECT"),
  IDEMPOTENCY_OBJECT: binding<DurableObjectNamespace>("IDEMPOTENCY_OBJECT"),
  POOL_OBJECT: binding<DurableObjectNamespace>("POOL_OBJECT"),
  DISPATCH_QUEUE: binding<Queue<unknown>>("DISPATCH_QUEUE"),
  FUNCTION_QUEUE: binding<Queue<unknown>>("FUNCTION_QUEUE"),
  EXECUTOR_CONTAINER: z.custom<DurableObjectNamespace>().optional(),

  PUBLIC_URL: webAddress("PUBLIC_URL must be the address that executors reach this Worker by"),
  /** Where executors join, if not at PUBLIC_URL. */
  EXECUTOR_JOIN_URL: z
    .union([z.literal(""), webAddress("EXECUTOR_JOIN_URL must be an address of this Worker")])
    .default(""),
  /** Keys of executors that may join, as their worker ids; `name=` before one names it. */
  TRUSTED_EXECUTORS: z
    .string()
    .default("")
    .transform((text, context) => {
      const keys = parseTrustedKeys(text);
      if (keys === null) context.addIssue("each key must be a worker id, with name= before it or not");
      return keys ?? [];
    }),
  /** The key that the deployment's own containers share; without one none is started. */
  EXECUTOR_KEY: z
    .string()
    .transform((text) => (text === "" ? undefined : text))
    .pipe(z.base64({ error: "secret EXECUTOR_KEY must be the base64 of a PKCS#8 key" }).optional())
    .optional(),
  EXECUTOR_INSTANCES: count(1),
  EXECUTOR_SLOTS: count(4),
  EXECUTOR_IDLE_SECONDS: count(60),
  /** The weakest isolation that a container works at. */
  EXECUTOR_MIN_ISOLATION: z.enum(["0", "1", "2"]).default("2"),
  POOL_MAX_WAITING: count(10_000),
  POOL_MAX_MEMORY_MB: count(65_536),

  R2_S3_ENDPOINT: webAddress("R2_S3_ENDPOINT must be the bucket's S3 endpoint"),
  R2_BUCKET_NAME: z.string().min(1),
  R2_ACCESS_KEY_ID: z.string().min(1, { error: "secret R2_ACCESS_KEY_ID is missing" }),
  R2_SECRET_ACCESS_KEY: secret("R2_SECRET_ACCESS_KEY"),

  RUN_CPU_SECONDS_PER_MINUTE: count(10),
  RUN_MAX_ACTIVE: count(2),
  RUN_MAX_PER_HOUR: count(20),
  /** The doors of Judge0's and Piston's clients. */
  JUDGE0_FACE: flag("true"),
  PISTON_FACE: flag("true"),
  ANONYMOUS_JUDGE: flag("true"),
  JUDGE_MAX_ACTIVE: count(20),
  JUDGE_MAX_PER_HOUR: count(500),
  JUDGE0_IMPLICIT_BASE64: flag("false"),
  JUDGE0_HOMEPAGE: z.string().default("https://github.com/sandpiper"),
  JUDGE0_SOURCE_CODE: z.string().default("https://github.com/sandpiper"),
  JUDGE0_MAINTAINER: z.string().default("Sandpiper"),
  PISTON_STRICT_VERSIONS: flag("false"),
  PISTON_MAX_TIMEOUT_MS: count(30_000),
  PISTON_OUTPUT_BYTES: count(65_536),
  /** Limits of the holders of keys by their class: JSON of `{name: {active_jobs, ...}}`. */
  QUOTA_CLASSES: z
    .string()
    .default("{}")
    .transform((text, context) => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue("QUOTA_CLASSES must be a JSON object of classes");
        return z.NEVER;
      }
    })
    .pipe(quotaClasses),
  RUN_RETENTION_SECONDS: count(3_600),
  RUN_QUEUE_WAIT_SECONDS: count(3_600),
  /** How long a submission may take until its job is made; what one that broke off has left is given back then. */
  SUBMISSION_SECONDS: count(600),

  /** How long a job waits for its uploads; R2 presigns for at most 7 days. */
  UPLOAD_URL_SECONDS: count(DAY_SECONDS).pipe(z.int().max(7 * DAY_SECONDS)),
  /** From the creation of a workload job; longer than it may wait for its uploads. */
  FILE_RETENTION_DAYS: count(30).pipe(z.int().min(8, { error: "FILE_RETENTION_DAYS must be at least 8" })),
  /** From the creation of a workload job; what lists show of it stays so long. */
  ROW_RETENTION_DAYS: count(90),
});

export type Config = z.infer<typeof schema>;

/** What the typed jobs need, with or without the rest of the service around them. */
const typedJobSchema = z.object({
  DB: binding<D1Database>("DB"),
  TYPED_JOB_OBJECT: binding<DurableObjectNamespace>("TYPED_JOB_OBJECT"),
  /** Without it the jobs of keys' owners are not counted. */
  QUOTA_OBJECT: z.custom<DurableObjectNamespace>().optional(),
  ASSETS: z.custom<Fetcher>().optional(),
  RESPONSE_TIMEZONE: z
    .string()
    .refine(isTimeZone, { error: "RESPONSE_TIMEZONE must be an IANA time zone" })
    .default("UTC"),
  BASIC_AUTH_USERNAME: z.string().min(1).optional(),
  BASIC_AUTH_PASSWORD: z.string().min(1).optional(),
  /** Taken beside the present one, while one follows the other. */
  BASIC_AUTH_PREVIOUS_PASSWORD: z.string().min(1).optional(),
});

export type TypedJobConfig = z.infer<typeof typedJobSchema>;

/** Who may do what; typed jobs alone need it too. What is not said is closed. */
const accessSchema = z.object({
  DB: binding<D1Database>("DB"),
  ACCESS: z.enum(ACCESS_MODES, { error: `ACCESS must be ${ACCESS_MODES.join(" or ")}` }).default("keys"),
  ANONYMOUS_RUNS: flag("true"),
  /** The operator's token, or two with a comma between them while one follows the other; none shuts the face. */
  OPERATOR_TOKEN: z
    .string()
    .default("")
    .transform((text) => text.split(",").map((token) => token.trim()))
    .transform((tokens) => tokens.filter((token) => token !== ""))
    .refine((tokens) => tokens.length <= 2 && tokens.every((token) => token.length >= 16), {
      error: "secret OPERATOR_TOKEN must be one token or two, of 16 characters or more each",
    }),
  /** Whether callers are slowed down before anything is asked or stored. */
  RATE_LIMITS: flag("true"),
  RATE_LIMIT_CHANGES: z.custom<RateLimit>().optional(),
  RATE_LIMIT_READS: z.custom<RateLimit>().optional(),
});

export type AccessConfig = z.infer<typeof accessSchema>;

/** What sending webhooks needs, with or without the rest of the service around it. */
const webhookSchema = z.object({
  DB: binding<D1Database>("DB"),
  WEBHOOK_OBJECT: binding<DurableObjectNamespace>("WEBHOOK_OBJECT"),
  /** Signs for URLs that clients name; without it they may name none. */
  WEBHOOK_SECRET: z
    .string()
    .refine((text) => text === "" || secretsOf(text) !== null, {
      error: `secret WEBHOOK_SECRET must be ${SECRET_FORM}`,
    })
    .default(""),
  /** Lets receivers be `http://127.0.0.1`, for local development. */
  WEBHOOK_ALLOW_LOOPBACK: flag("false"),
  WEBHOOK_TIMEOUT_MS: count(15_000),
});

export type WebhookConfig = z.infer<typeof webhookSchema>;

/** All that is read of the raw env, by name; what a service needs of it depends on its parts. */
export const settings: Readonly<Record<string, z.ZodType>> = {
  ...schema.shape,
  ...typedJobSchema.shape,
  ...accessSchema.shape,
  ...webhookSchema.shape,
};

/** Parses once per raw env, and says everything that is missing or wrong by its name. */
const parserOf = <T>(of: z.ZodType<T>): ((env: Record<string, unknown>) => T) => {
  const parsed = new WeakMap<object, T>();
  return (env) => {
    const known = parsed.get(env);
    if (known !== undefined) return known;
    const outcome = of.safeParse(env);
    if (!outcome.success) {
      const problems = outcome.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
      throw new Error(`The configuration is not complete. ${problems.join("; ")}`);
    }
    parsed.set(env, outcome.data);
    return outcome.data;
  };
};

/**
 * The complete configuration of the Worker or of a Durable Object, parsed once per raw env.
 * @throws Error that names each binding, variable or secret that is missing or wrong.
 */
export const configOf: (env: Record<string, unknown>) => Config = parserOf(schema);

/** The part of it that the typed jobs need, for a service that has nothing else. Throws as `configOf`. */
export const typedJobConfigOf: (env: Record<string, unknown>) => TypedJobConfig = parserOf(typedJobSchema);

/**
 * A queue by the name of its binding.
 * @throws Error that names the binding when there is none.
 */
export const queueOf = (env: Record<string, unknown>, name: string): Queue<unknown> =>
  binding<Queue<unknown>>(name).parse(env[name]);

/** The configuration of access alone. @throws Error as `configOf` does. */
export const accessConfigOf: (env: Record<string, unknown>) => AccessConfig = parserOf(accessSchema);

/** The configuration of webhooks alone. @throws Error as `configOf` does. */
export const webhookConfigOf: (env: Record<string, unknown>) => WebhookConfig = parserOf(webhookSchema);

/** A secret whose name the deployer chose; the caller says what is wrong with its value. */
export const secretNamed = (env: Record<string, unknown>, name: string): unknown => env[name];
