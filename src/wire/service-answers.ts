import { z } from "zod";

/** What the service says of itself: `GET /`, `/stats`, `/environments` and `/health`. */

/** `service` is what clients know it by. */
export const service = z.object({
  service: z.literal("sandrun"),
  implementation: z.literal("sandpiper"),
  version: z.string(),
  status: z.string(),
  description: z.string(),
  privacy: z.string(),
  limits: z.string(),
  documentation: z.string(),
});
export type Service = z.infer<typeof service>;

export const stats = z.object({
  your_quota: z.object({
    used: z.number(),
    limit: z.number(),
    available: z.number(),
    active_jobs: z.int(),
    jobs_last_hour: z.int(),
    can_submit: z.boolean(),
    reason: z.string(),
    retry_after: z.int().nullable(),
  }),
  system: z.object({ queue_length: z.int(), active_jobs: z.int() }),
});
export type Stats = z.infer<typeof stats>;

export const environments = z.object({
  templates: z.array(z.string()),
  stats: z.object({
    total_templates: z.int(),
    cached_environments: z.int(),
    total_uses: z.int(),
    disk_usage_mb: z.int(),
  }),
  environments: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      interpreters: z.array(z.string()),
      packages: z.array(z.string()),
      disk_bytes: z.int(),
      uses: z.int(),
    }),
  ),
});
export type Environments = z.infer<typeof environments>;

export const health = z.object({
  status: z.literal("healthy"),
  version: z.string(),
  worker_id: z.string().nullable(),
  executor: z.object({
    status: z.enum(["none", "starting", "joined"]),
    isolation: z.int().nullable(),
    accounting: z.string().nullable(),
  }),
});
export type Health = z.infer<typeof health>;

/** `GET /runtimes`: the languages that executors have. */
export const runtimes = z.object({
  languages: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      version: z.string(),
      version_text: z.string(),
      aliases: z.array(z.string()),
      extensions: z.array(z.string()),
      source_file: z.string(),
      compiled: z.boolean(),
      environment: z.string(),
    }),
  ),
});
export type Runtimes = z.infer<typeof runtimes>;
