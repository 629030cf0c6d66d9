import { z } from "@hono/zod-openapi";
import { terminationReason } from "../../wire/vocabulary.ts";

/** Shapes of the runs face as the API description shows them (contract runs.md sections 3 and 19). */

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    error: z.string(),
    details: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    retry_after: z.int().optional(),
  })
  .openapi("Problem");

export const runIdParam = z.object({
  id: z.string().openapi({
    description: "The job's id. Whoever holds it holds the job.",
    example: `job-${"0".repeat(32)}`,
  }),
});

const runStatus = z.enum(["queued", "running", "completed", "failed"]).openapi("RunStatus");

export const submittedSchema = z
  .object({ job_id: z.string(), status: runStatus, queue_position: z.int(), position: z.int() })
  .openapi("Submitted");

const outputFileSchema = z.object({
  path: z.string(),
  size_bytes: z.int(),
  sha256_hash: z.string(),
  sha256: z.string(),
  type: z.literal("file"),
  category: z.string(),
});

export const statusSchema = z
  .object({
    job_id: z.string(),
    status: runStatus,
    queue_position: z.int(),
    exit_code: z.int().nullable(),
    termination_reason: terminationReason.nullable(),
    reason_message: z.string().nullable(),
    truncated: z.boolean(),
    cancel_requested: z.boolean(),
    attempts: z.int(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
    execution_metadata: z.object({
      cpu_seconds: z.number(),
      memory_peak_bytes: z.int(),
      memory_peak_mb: z.int(),
      wall_time_ms: z.int(),
      exit_code: z.int().openapi({ description: "0 until the job ends; -1 when the program was killed." }),
      environment: z.string(),
      interpreter: z.string(),
      termination_reason: terminationReason.nullable(),
      signal: z.string().nullable(),
      isolation: z.int().nullable(),
    }),
    metrics: z.object({
      cpu_seconds: z.number(),
      memory_mb: z.int(),
      runtime: z.number(),
      cpuSeconds: z.number(),
      memoryMB: z.int(),
    }),
    cpu_seconds: z.number(),
    memory_bytes: z.int(),
    wall_time: z.number(),
    limits: z.object({
      timeout: z.number(),
      memory_mb: z.number(),
      cpu_seconds: z.number(),
      workspace_mb: z.number(),
      output_bytes: z.int(),
    }),
    job_hash: z.string(),
    output_files: z.record(z.string(), outputFileSchema),
    outputs_dropped: z.int(),
    worker_metadata: z.object({
      worker_id: z.string().nullable(),
      signature: z.string().nullable(),
      signed_payload: z.string().nullable(),
    }),
  })
  .openapi("RunStatusReport");

export const logsSchema = z
  .object({
    job_id: z.string(),
    status: runStatus,
    stdout: z.string(),
    stderr: z.string(),
    truncated: z.boolean(),
    next: z.int().openapi({ description: "Number of the last log record that this answer covers." }),
  })
  .openapi("Logs");

export const outputsSchema = z
  .object({
    job_id: z.string(),
    status: runStatus,
    total_files: z.int(),
    files: z.array(z.string()),
    outputs: z.array(
      z.union([
        z.object({ path: z.string(), size_bytes: z.int(), type: z.literal("file") }),
        z.object({ path: z.string(), type: z.literal("directory"), files: z.array(z.string()) }),
      ]),
    ),
    file_details: z.array(
      z.object({
        name: z.string(),
        size: z.int(),
        size_formatted: z.string(),
        type: z.string(),
        mime_type: z.string(),
        sha256: z.string(),
        download_url: z.string(),
      }),
    ),
  })
  .openapi("Outputs");

/** Response entry of an error status for a contract. */
export const problemResponse = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

export const jsonResponse = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { "application/json": { schema } },
});

export const unknownJob = { 404: problemResponse("No such job") };
