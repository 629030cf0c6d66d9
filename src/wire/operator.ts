import { z } from "zod";
import { webhookDelivery } from "./webhook-delivery.ts";

const instant = z.int().meta({ description: "Epoch milliseconds." });

export const keyScope = z.enum(["runs", "jobs", "workloads", "work"]);

/** What makes a key: of a new text, or, with `hash`, of one that its holders have already. */
export const newKey = z.strictObject({
  owner: z
    .string()
    .min(1)
    .max(100)
    .meta({ examples: ["alice"] }),
  name: z.string().max(100).default(""),
  scopes: z.array(keyScope).min(1).default(["runs", "jobs", "workloads"]),
  quota_class: z.string().min(1).max(50).default("default"),
  expires_at: instant.nullable().default(null),
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta({
      examples: ["0".repeat(64)],
      description: "SHA-256 of a key that was made elsewhere, in hexadecimal.",
    }),
});

export const keyView = z.object({
  id: z.string(),
  owner: z.string(),
  name: z.string(),
  scopes: z.array(keyScope),
  quota_class: z.string(),
  created_at: instant,
  expires_at: instant.nullable(),
  revoked_at: instant.nullable(),
  last_used_day: z.string().nullable(),
});
export type KeyView = z.infer<typeof keyView>;

export const keyList = z.object({ keys: z.array(keyView), next: z.string().nullable() });
/** `key` is shown this once; null for one that was made of a hash. */
export const madeKey = z.object({ key: z.string().nullable(), details: keyView });
export const rotateKey = z.strictObject({ grace_seconds: z.int().min(0).max(2_592_000).default(86_400) });

export const newBlock = z.strictObject({
  kind: z.enum(["address", "range", "owner", "key", "job_hash"]),
  value: z
    .string()
    .min(1)
    .max(200)
    .meta({ examples: ["203.0.113.7"] }),
  reason: z.string().min(1).max(200),
  until: instant.nullable().default(null),
});
export const blockView = z.object({
  id: z.string(),
  kind: z.string(),
  value: z.string(),
  reason: z.string(),
  created_at: instant,
  until: instant.nullable(),
});
export const blockList = z.object({ blocks: z.array(blockView) });

export const maintenance = z.strictObject({
  on: z.boolean().meta({ examples: [false] }),
  message: z.string().min(1).max(200).default("The service is being maintained; try again later"),
});
export const maintenanceView = z.object({ on: z.boolean(), message: z.string().nullable() });

export const operatorJob = z.object({
  ref: z.string(),
  face: z.enum(["runs", "workloads", "jobs"]),
  state: z.string(),
  owner: z.string().nullable(),
  created_at: instant,
  updated_at: instant.nullable(),
  finished_at: instant.nullable(),
});
export const operatorJobs = z.object({ jobs: z.array(operatorJob), next: z.string().nullable() });

export const jobDetails = operatorJob.extend({
  attempts: z.int(),
  reason: z.string().nullable(),
  /** The one under way. */
  attempt: z
    .object({
      number: z.int(),
      executor: z.string().nullable(),
      started_at: instant,
      events: z.int(),
      lease_until: instant,
      cpu_seconds: z.number(),
    })
    .nullable(),
  /** What follows from the job's changes: row, quota, message, webhooks. */
  effects: z.object({
    failures_in_a_row: z.int(),
    owes_message: z.boolean(),
    wakes_at: instant.nullable(),
  }),
  webhooks: z.array(webhookDelivery),
  timeline: z.array(z.object({ at: instant, what: z.string() })),
});

export const deliveryState = webhookDelivery.shape.state;
export const deliveryRow = webhookDelivery
  .omit({ next_attempt_at: true })
  .extend({ next_attempt_at: instant.nullable(), updated_at: instant });
export const deliveryList = z.object({ deliveries: z.array(deliveryRow), next: z.string().nullable() });

/** So many objects are woken by one call. */
export const REBUILT_AT_ONCE = 100;
export const rebuild = z.strictObject({
  kind: z.enum(["jobs", "typed_jobs"]),
  objects: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(REBUILT_AT_ONCE)
    .meta({ examples: [["0".repeat(64)]] }),
});
/** `empty` objects hold no job. */
export const rebuilt = z.object({ rebuilt: z.int(), empty: z.int(), failed: z.int() });

export const purge = z.strictObject({
  face: z.enum(["runs", "workloads", "jobs"]).optional(),
  state: z.string().min(1).max(50).optional(),
  owner: z.string().min(1).max(100).optional(),
  older_than_seconds: z.int().min(0).optional(),
  dry_run: z.boolean().default(true),
});
export const purged = z.object({
  dry_run: z.boolean(),
  found: z.int(),
  removed: z.int(),
  failed: z.int().meta({ description: "Jobs that could not be removed now, and stay in the list." }),
  more: z.boolean().meta({ description: "Whether calling again would find more." }),
});

export const executorView = z.looseObject({ name: z.string(), instance: z.string(), state: z.string() });
export const poolView = z.looseObject({ executors: z.array(executorView), waiting: z.int() });
export const done = z.object({ done: z.literal(true) });
