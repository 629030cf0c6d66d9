import { z } from "zod";
import { casesStoppedBy, caseVerdict, compileStatus, jobVerdict } from "./judging.ts";
import { droppedOutput } from "./report.ts";
import { logStream, terminationReason } from "./vocabulary.ts";
import { webhookDelivery } from "./webhook-delivery.ts";

/**
 * Answers of the runs face as clients see them: the service
 * describes itself with these schemas, and the client in `src/client` parses with them.
 */

/** Every error: RFC 9457 members beside `{error, details?, retry_after?}`. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  error: z.string(),
  details: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  retry_after: z.int().optional(),
});
export type Problem = z.infer<typeof problem>;

export const runStatus = z.enum(["queued", "running", "completed", "failed"]);
export type RunStatus = z.infer<typeof runStatus>;

export const submitted = z.object({
  job_id: z.string(),
  status: runStatus,
  queue_position: z.int(),
  position: z.int(),
  warnings: z
    .array(z.string())
    .optional()
    .meta({ description: "Members of the manifest that were ignored." }),
  webhook_secret: z.string().optional().meta({
    description:
      "Where the run has a `webhook_url`: what its events are signed with, the same for all runs of the owner.",
  }),
});
export type Submitted = z.infer<typeof submitted>;

const outputFile = z.object({
  path: z.string(),
  size_bytes: z.int(),
  sha256_hash: z.string(),
  sha256: z.string(),
  type: z.literal("file"),
  category: z.string(),
});

const figures = {
  cpu_seconds: z.number(),
  wall_time_ms: z.int(),
  memory_peak_bytes: z.int(),
};

/** How a compile step ended; `cached` where an earlier one of the same client was used. */
export const compileReport = z.object({
  status: compileStatus,
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  output_truncated: z.boolean(),
  ...figures,
  cached: z.boolean(),
});
export type CompileReport = z.infer<typeof compileReport>;

const outputEncoding = z.enum(["utf-8", "base64"]);

/** How a case ended; what it printed is there where it was asked for. */
export const caseReport = z.object({
  index: z.int().nonnegative(),
  id: z.string(),
  verdict: caseVerdict,
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  termination_reason: z.string().nullable(),
  ...figures,
  stdout_bytes: z.int(),
  stderr_bytes: z.int(),
  stdout: z.string().optional(),
  stdout_encoding: outputEncoding.optional(),
  stdout_truncated: z.boolean().optional(),
  stderr: z.string().optional(),
  stderr_encoding: outputEncoding.optional(),
  stderr_truncated: z.boolean().optional(),
});
export type CaseReport = z.infer<typeof caseReport>;

export const casePage = z.object({
  job_id: z.string(),
  total: z.int(),
  cases: z.array(caseReport),
  next: z.int().nullable().meta({ description: "Pass as `from` for the cases that follow." }),
});
export type CasePage = z.infer<typeof casePage>;

export const runReport = z.object({
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
    exit_code: z.int().meta({ description: "0 until the job ends; -1 when the program was killed." }),
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
  output_files: z.record(z.string(), outputFile),
  outputs_dropped: z.int(),
  dropped_outputs: z
    .array(droppedOutput)
    .optional()
    .meta({ description: "The first 20 of what was found and not kept, with the reasons." }),
  worker_metadata: z.object({
    worker_id: z.string().nullable(),
    signature: z.string().nullable(),
    signed_payload: z.string().nullable(),
  }),
  webhooks: z.array(webhookDelivery).optional(),
  language: z.object({ id: z.string(), version: z.string() }).optional(),
  compile: compileReport.extend({ output: z.string() }).nullable().optional(),
  verdict: jobVerdict.nullable().optional(),
  cases: z.object({ total: z.int(), finished: z.int(), accepted: z.int() }).optional(),
  cases_stopped_by: casesStoppedBy.nullable().optional(),
  case_results: z.array(caseReport).optional(),
  stdout: z.string().optional().meta({ description: "With include=output: the first 64 KiB." }),
  stderr: z.string().optional(),
});
export type RunReport = z.infer<typeof runReport>;

/** One piece of output: `seq` counts from 1 without gaps, `at` is in epoch milliseconds. */
export const logRecord = z.object({
  seq: z.int().positive(),
  at: z.int().nonnegative(),
  stream: logStream,
  data: z.string(),
  phase: z.literal("compile").optional().meta({ description: "The compiler's text." }),
});
export type LogRecord = z.infer<typeof logRecord>;

export const runLogs = z.object({
  job_id: z.string(),
  status: runStatus,
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(),
  next: z.int().meta({ description: "Number of the last log record that this answer covers." }),
});
export type RunLogs = z.infer<typeof runLogs>;

/** Records behind `?after=`, for a client that follows a log by asking. */
export const logRecords = z.object({
  job_id: z.string(),
  status: runStatus,
  records: z.array(logRecord),
  more: z.boolean().meta({ description: "Whether more is stored behind these records." }),
  truncated: z.boolean(),
  next: z.int().meta({ description: "Pass as `after` for the records that follow." }),
});
export type LogRecords = z.infer<typeof logRecords>;

export const runOutputs = z.object({
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
});
export type RunOutputs = z.infer<typeof runOutputs>;
