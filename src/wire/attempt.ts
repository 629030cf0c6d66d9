import { z } from "zod";
import { caseRules, languageOrder } from "./judging.ts";
import {
  ARGS_BYTES,
  ARGS_COUNT,
  ENV_BYTES,
  INLINE_BYTES,
  INPUT_BYTES,
  INPUT_ENTRIES,
  OUTPUT_FILES,
  STDIN_BYTES,
} from "./limits.ts";
import { traceparent } from "./trace.ts";
import { attemptId, attemptToken, environmentName, interpreter, sha256Hex } from "./vocabulary.ts";
import { webAddress } from "./web-address.ts";

const base64Chars = (bytes: number): number => Math.ceil(bytes / 3) * 4;
const positive = z.int().positive();
/** A longer timer than this fires at once. */
const durationMs = positive.max(2 ** 31 - 1);
/** What becomes an argument or a variable of a process: a NUL would end it, and shift what follows. */
const processText = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .refine((text) => !text.includes("\0"), { error: "holds a NUL" });

/** Bytes that travel inside the message, or that the executor fetches itself. */
export const blob = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("inline"),
    base64: z.base64().max(base64Chars(Math.max(2 * INLINE_BYTES, STDIN_BYTES))),
  }),
  z.object({
    kind: z.literal("url"),
    url: webAddress(),
    sizeBytes: z.int().nonnegative(),
    /** What must still be there: sent as `If-Match`; anything else fails the attempt as bad input. */
    etag: z.string().max(100).optional(),
  }),
]);
export type Blob = z.infer<typeof blob>;

/** A file in the sandbox, relative to the job's folder, already checked by the Worker. */
export const inputPath = processText(1_024).min(1);

/**
 * What is laid into the job's folder before the program starts: a canonical tar made by the Worker
 * (regular files, folders, and links as further names of files before them), or a single file.
 */
export const input = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("tar"),
    blob,
    /** 1 when all entries share one top folder that the entrypoint does not name. */
    stripComponents: z.union([z.literal(0), z.literal(1)]),
    /** Members that are executable beside those whose header says so: a bitmap, bit 0 of byte 0 for the first. */
    executables: z
      .base64()
      .max(base64Chars(Math.ceil((2 * INPUT_ENTRIES) / 8)))
      .optional(),
  }),
  z.object({ kind: z.literal("file"), path: inputPath, blob }),
]);
export type Input = z.infer<typeof input>;

export const limits = z.object({
  timeoutMs: durationMs,
  cpuMs: durationMs,
  memoryBytes: positive,
  workspaceBytes: positive.max(64 * INPUT_BYTES),
  /** How long before a limit of time is reached the program gets SIGTERM; at most half of the limit counts. */
  graceMs: durationMs.optional(),
  outputBytesPerStream: positive,
  outputFiles: positive.max(OUTPUT_FILES),
  outputFileBytes: positive,
  outputTotalBytes: positive,
});
export type AttemptLimits = z.infer<typeof limits>;

export const program = z.object({
  /** Null where a language says how the program is started. */
  interpreter: interpreter.nullable(),
  entrypoint: inputPath,
  /** Started as `python3 -m` in place of the entrypoint, which is its file. */
  module: processText(255).min(1).optional(),
  /** stderr is the same pipe as stdout, so that the order of what is written is exact. */
  mergesOutput: z.literal(true).optional(),
  args: z.array(processText(ARGS_BYTES)).max(ARGS_COUNT),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), processText(ENV_BYTES)),
  environment: environmentName,
  stdin: blob.nullable(),
});
export type Program = z.infer<typeof program>;

/**
 * Everything that one attempt needs; it comes in an offer of the pool (src/wire/pool.ts). It is reported on
 * at the service that the executor joined, by `/executor/attempts/{id}/events` and `/uploads`.
 */
export const attemptRequest = z.object({
  /** 2 where the request has a language or cases, 3 where it is interactive. */
  protocol: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  attemptId,
  attemptToken,
  program,
  limits,
  inputs: z.array(input).max(64),
  outputs: z.object({
    /** Folder that is collected, relative to the job's folder; "." is the whole of it. */
    root: processText(255).min(1),
    /** What `output_files` and the signature name; an empty list selects everything. */
    patterns: z.array(z.string().max(1_024)).max(1_000),
    /** A limit of time leaves what was written before it. */
    keepsOnTimeout: z.literal(true).optional(),
  }),
  jobHash: sha256Hex,
  /** The trace that the job was made in; the executor names it in its log and with its reports. */
  trace: traceparent.optional().catch(undefined),
  /** What `jobHash` covers beside the entrypoint and the arguments; absent from Workers of before. */
  hashed: z
    .object({
      interpreter: z.string().max(100),
      environment: z.string().max(100),
      /** The file whose bytes are hashed, where the entrypoint is another name for it. */
      file: inputPath.optional(),
    })
    .optional(),
  /** The language that the program is written in; without it the interpreter is started as it is. */
  language: languageOrder.optional(),
  /** A client reads and writes while the program runs, over a socket of its own; only with a language and without cases. */
  interactive: z.literal(true).optional(),
  /** Runs that are judged, in place of one that is logged; only with a language. The blob holds `judgedCases` as JSON. */
  cases: caseRules.extend({ blob }).optional(),
});
export type AttemptRequest = z.infer<typeof attemptRequest>;

export const environmentInfo = z.object({
  name: environmentName,
  description: z.string().max(500),
  interpreters: z.array(interpreter),
  packages: z.array(z.string().max(200)).max(500),
  diskBytes: z.int().nonnegative(),
  uses: z.int().nonnegative(),
});
export type EnvironmentInfo = z.infer<typeof environmentInfo>;

/** `GET /health` on the executor. */
export const executorHealth = z.object({
  status: z.enum(["healthy", "draining"]),
  version: z.string().max(100),
  /** Standard base64 of the raw Ed25519 public key that signs results. */
  workerId: z.string().max(64),
  isolation: z.int().min(0).max(2),
  accounting: z.enum(["cgroup-v2", "cgroup-v1", "cgroup-hybrid", "proc"]),
  isJoined: z.boolean(),
  /** `held` counts what uploads and reports as well. */
  slots: z.object({ total: z.int(), busy: z.int(), held: z.int() }),
});
export type ExecutorHealth = z.infer<typeof executorHealth>;
