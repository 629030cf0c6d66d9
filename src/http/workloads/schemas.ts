import { z } from "@hono/zod-openapi";
import type { Workload } from "../../domain/workloads/types.ts";
import { uploadPromises } from "../../domain/workloads/upload-promises.ts";

const epochMs = z.int().openapi({ description: "Epoch milliseconds.", example: 1_800_000_000_000 });

const status = z.enum(["created", "queued", "in_progress", "succeeded", "failed", "cancelled", "expired"]);

const upload = z
  .object({
    name: z.string(),
    url: z.url().openapi({ description: "A presigned PUT on the bucket; send the file to it as it is." }),
    method: z.literal("PUT"),
    headers: z
      .record(z.string(), z.string())
      .openapi({ description: "Suggested, unless `uploads` named them." }),
    expires_at: epochMs,
    max_bytes: z.int(),
    required: z.boolean(),
  })
  .openapi("WorkloadUpload");

const output = z
  .object({
    name: z.string(),
    content_type: z.string(),
    size_bytes: z.int(),
    sha256: z.string(),
    url: z.url().openapi({ description: "A presigned GET on the bucket, made for this answer." }),
    expires_at: epochMs,
  })
  .openapi("WorkloadOutput");

const problem = z
  .object({
    code: z.int(),
    message: z.string(),
    timestamp: epochMs,
    transaction_id: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .openapi("WorkloadError");

const common = {
  job_id: z.uuid(),
  id: z.uuid(),
  status,
  created_at: epochMs,
  updated_at: epochMs,
  files_deleted_at: epochMs.optional().openapi({ description: "Since then its files are gone." }),
};

const envelopeOf = (data: z.ZodType) =>
  z.object({ code: z.literal(200), timestamp: epochMs, data, transaction_id: z.string() });

/** The deployer's schema, made an instance that knows of OpenAPI. */
const paramsOf = ({ params }: Workload) => z.object(params.shape);

const baseOf = (workload: Workload) =>
  paramsOf(workload).extend({ "@entity": z.literal(workload.entity), ...common });

/** The schemas of one workload's operations. */
export const schemasOf = (workload: Workload) => {
  const base = baseOf(workload);
  const job = base.extend({
    url: z.url().optional().openapi({ description: "The first output's URL, once the job succeeded." }),
    outputs: z.array(output).optional(),
    waiting_for: z.array(z.string()).optional().openapi({ description: "Parts still to be uploaded." }),
    cancel_requested: z.literal(true).optional(),
    error: z.object({ reason: z.string(), message: z.string() }).optional(),
    log_tail: z.string().optional().openapi({ description: "The end of a failed job's log." }),
    webhooks: z.array(z.looseObject({})).optional(),
  });
  return {
    params: paramsOf(workload).extend({
      uploads: uploadPromises.optional().openapi({
        description:
          "What will be uploaded, by the names of the parts. Where `content_type` or `size_bytes` is named, the " +
          "part's URL takes nothing else, and `headers` must be sent as they are.",
      }),
      webhook_url: z.url().optional().openapi({ description: "Told how the job ends; wants credentials." }),
    }),
    created: envelopeOf(
      base.extend({ url: z.url(), uploads: z.array(upload), webhook_secret: z.string().optional() }),
    ),
    job: envelopeOf(job),
    search: paramsOf(workload)
      .partial()
      .extend({
        status: status.optional(),
        from_date: epochMs.optional(),
        to_date: epochMs.optional(),
        page_size: z.int().min(1).max(50).default(20),
        last_evaluated_key: z.string().optional(),
      }),
    found: envelopeOf(z.object({ items: z.array(base), last_evaluated_key: z.string().optional() })),
  };
};

export const removedSchema = envelopeOf(z.object({ job_id: z.uuid(), deleted: z.literal(true) }));

export const jobIdParam = z.object({ job_id: z.uuid() });

const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { "application/json": { schema } },
});

export const jsonBody = (schema: z.ZodType, example: Readonly<Record<string, unknown>>) => ({
  content: { "application/json": { schema, example } },
});

/** Params that a job can be made with: each field's default, example or first choice. */
export const exampleOf = (workload: Workload): Record<string, unknown> => {
  const { properties = {} } = z.toJSONSchema(workload.params, { io: "input", unrepresentable: "any" });
  const fields = Object.entries(properties).flatMap(([name, field]) => {
    if (typeof field === "boolean") return [];
    const value = field.default ?? field.examples?.[0] ?? field.enum?.[0];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(fields);
};

/** The responses of an operation: its own, and the errors that any operation of this face may answer with. */
export const responses = (
  description: string,
  schema: z.ZodType,
  errors: Readonly<Record<number, string>> = {},
) => ({
  200: json(description, schema),
  400: json("The path, the query or a header cannot be read", problem),
  401: json("No key, or none of the service's", problem),
  500: json("Something failed on our side; the transaction id helps to find it", problem),
  503: json("Storage does not answer now; `Retry-After` says when to ask again", problem),
  ...Object.fromEntries(Object.entries(errors).map(([code, text]) => [code, json(text, problem)])),
});
