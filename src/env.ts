import { z } from "zod";

const binding = <T>(name: string) =>
  z.custom<T>((value) => typeof value === "object" && value !== null, {
    error: `binding ${name} is missing`,
  });

const secret = (name: string) =>
  z.string({ error: `secret ${name} is missing` }).min(8, { error: `secret ${name} is too short` });

const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);

const schema = z.object({
  DB: binding<D1Database>("DB"),
  BUCKET: binding<R2Bucket>("BUCKET"),
  ASSETS: binding<Fetcher>("ASSETS"),
  JOB_OBJECT: binding<DurableObjectNamespace>("JOB_OBJECT"),
  QUOTA_OBJECT: binding<DurableObjectNamespace>("QUOTA_OBJECT"),
  IDEMPOTENCY_OBJECT: binding<DurableObjectNamespace>("IDEMPOTENCY_OBJECT"),
  DISPATCH_QUEUE: binding<Queue<unknown>>("DISPATCH_QUEUE"),
  EXECUTOR_CONTAINER: z.custom<DurableObjectNamespace | undefined>(),

  PUBLIC_URL: z.url({ error: "PUBLIC_URL must be the address that executors reach this Worker by" }),
  /** Where an executor listens; empty uses the container binding. */
  EXECUTOR_URL: z.union([z.literal(""), z.url()]).default(""),
  EXECUTOR_INSTANCES: count(1),
  EXECUTOR_TOKEN: secret("EXECUTOR_TOKEN"),

  R2_S3_ENDPOINT: z.url({ error: "R2_S3_ENDPOINT must be the bucket's S3 endpoint" }),
  R2_BUCKET_NAME: z.string().min(1),
  R2_ACCESS_KEY_ID: z.string().min(1, { error: "secret R2_ACCESS_KEY_ID is missing" }),
  R2_SECRET_ACCESS_KEY: secret("R2_SECRET_ACCESS_KEY"),

  RUN_CPU_SECONDS_PER_MINUTE: count(10),
  RUN_MAX_ACTIVE: count(2),
  RUN_MAX_PER_HOUR: count(20),
  RUN_RETENTION_SECONDS: count(3_600),
  RUN_QUEUE_WAIT_SECONDS: count(3_600),
});

export type Config = z.infer<typeof schema>;

const parsed = new WeakMap<object, Config>();

/**
 * The complete configuration of the Worker or of a Durable Object, parsed once per raw env.
 * @throws Error that names each binding, variable or secret that is missing or wrong.
 */
export const configOf = (env: Record<string, unknown>): Config => {
  const known = parsed.get(env);
  if (known !== undefined) return known;
  const outcome = schema.safeParse(env);
  if (!outcome.success) {
    const problems = outcome.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The configuration is not complete. ${problems.join("; ")}`);
  }
  parsed.set(env, outcome.data);
  return outcome.data;
};
