import { z } from "zod";
import { caseResult, compileResult, judged } from "./judging.ts";
import { OUTPUT_FILES, OUTPUT_PATH_CHARS, REPORT_EVENTS, REPORT_LOG_BYTES } from "./limits.ts";
import { isolationLevel, logStream, sha256Hex, terminationReason } from "./vocabulary.ts";
import { webAddress } from "./web-address.ts";

const sequence = z.int().positive();
const atMs = z.int().nonnegative();

/** A file that left the sandbox: `path` is relative to the collected folder. */
export const outputFile = z.object({
  path: z.string().min(1).max(OUTPUT_PATH_CHARS),
  sizeBytes: z.int().nonnegative(),
  sha256: sha256Hex,
  executable: z.literal(true).optional(),
});
export type OutputFile = z.infer<typeof outputFile>;

/** Why something that was found is no output. */
export const dropReason = z.enum([
  "link",
  "special",
  "empty_folder",
  "unreadable",
  "name",
  "too_large",
  "too_many",
  "damaged",
]);
export type DropReason = z.infer<typeof dropReason>;

/** What is named of the entries that were not kept; \ufffd stands for what no name may hold. */
export const DROPPED_NAMED = 20;
export const droppedOutput = z.object({ path: z.string().max(OUTPUT_PATH_CHARS), reason: dropReason });
export type DroppedOutput = z.infer<typeof droppedOutput>;

/** Ed25519 over `signedPayload`; base64 is the padded standard alphabet. */
export const signature = z.object({
  workerId: z.base64().length(44),
  signature: z.base64().length(88),
  signedPayload: z.string(),
});

export const startedEvent = z.object({ n: sequence, type: z.literal("started"), atMs });

/** `data` is valid UTF-8 text as the program wrote it, invalid bytes replaced; no line is implied. */
export const logEvent = z.object({
  n: sequence,
  type: z.literal("log"),
  atMs,
  stream: logStream,
  data: z.string().min(1).max(REPORT_LOG_BYTES),
});

export const finishedEvent = z.object({
  n: sequence,
  type: z.literal("finished"),
  atMs,
  reason: terminationReason,
  /** Null when no program ran, or when it was killed before it could exit. */
  exitCode: z.int().min(0).max(255).nullable(),
  signal: z.string().max(16).nullable(),
  /** What went wrong, for `infrastructure` and `bad_input`; never an exception's text. */
  message: z.string().max(500).nullable(),
  cpuSeconds: z.number().nonnegative(),
  memoryPeakBytes: z.int().nonnegative(),
  wallTimeMs: z.int().nonnegative(),
  truncated: z.object({ stdout: z.boolean(), stderr: z.boolean() }),
  /** In the order in which the upload URLs were asked for. */
  outputs: z.array(outputFile).max(OUTPUT_FILES),
  /** Entries that were found but not kept: links, empty folders, odd names, and what is over a cap. */
  outputsDropped: z.int().nonnegative(),
  /** The first of them. */
  dropped: z.array(droppedOutput).max(DROPPED_NAMED).optional(),
  isolation: isolationLevel,
  accounting: z.string().max(32),
  /** The executor was told to end at once: the attempt is made again, and does not count as one. */
  executorStopped: z.literal(true).optional(),
  signature: signature.nullable(),
  /** With cases, or where the compile step failed before them. */
  judged: judged.optional(),
});
export type FinishedEvent = z.infer<typeof finishedEvent>;

/** The compile step has ended, before the program starts. */
export const compiledEvent = z.object({
  n: sequence,
  type: z.literal("compiled"),
  atMs,
  ...compileResult.shape,
});

/** A case has ended, or is not run; they come in order. */
export const caseEvent = z.object({ n: sequence, type: z.literal("case"), atMs, ...caseResult.shape });

export const attemptEvent = z.discriminatedUnion("type", [
  startedEvent,
  logEvent,
  compiledEvent,
  caseEvent,
  finishedEvent,
]);
export type AttemptEvent = z.infer<typeof attemptEvent>;

/**
 * `POST /executor/attempts/{id}/events` with the attempt's token as bearer. Events are numbered from 1
 * without gaps; a batch may repeat events that were already taken. An empty batch is a heartbeat. The first
 * report claims the job; one with `finished` has the executor's signature in a header (src/wire/pool.ts).
 */
export const report = z.object({
  events: z.array(attemptEvent).max(REPORT_EVENTS),
  /** What the attempt has used so far: charged where no result ever comes. */
  cpuSeconds: z.number().nonnegative().optional(),
  /** The most memory that one of its sandboxes has taken so far; told to watchers alone. */
  memoryPeakBytes: z.int().nonnegative().optional(),
});
export type Report = z.infer<typeof report>;

/** What an attempt has used so far. */
export type ReportedUsage = { readonly cpuSeconds: number; readonly memoryPeakBytes: number | null };

/** 200. `acknowledged` is the highest event number that is stored; `cancel` asks to kill the program. */
export const reportAccepted = z.object({
  acknowledged: z.int().nonnegative(),
  cancel: z.boolean(),
});
export type ReportAccepted = z.infer<typeof reportAccepted>;

/** `POST /executor/attempts/{id}/uploads`: asks for one presigned PUT per file, in order. */
export const uploadsRequest = z.object({ files: z.array(outputFile).min(1).max(OUTPUT_FILES) });
export type UploadsRequest = z.infer<typeof uploadsRequest>;

export const uploadsGranted = z.object({
  uploads: z.array(z.object({ url: webAddress() })).max(OUTPUT_FILES),
});

/**
 * Any refusal of the report routes. `stale_attempt` (409): another attempt holds the job, or it has
 * ended; stop and report no more. `gap` (409): send again from `expected`.
 */
export const reportRefused = z.object({
  error: z.object({
    code: z.enum(["stale_attempt", "gap", "invalid", "unauthorized", "too_large", "internal"]),
    message: z.string(),
    expected: z.int().optional(),
  }),
});
export type ReportRefused = z.infer<typeof reportRefused>;
