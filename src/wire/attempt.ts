import { z } from "zod";
import { caseRules, languageInfo, languageOrder } from "./judging.ts";
import {
  ARGS_BYTES,
  ARGS_COUNT,
  ENV_BYTES,
  INLINE_BYTES,
  INPUT_BYTES,
  OUTPUT_FILES,
  STDIN_BYTES,
} from "./limits.ts";
import { attemptId, environmentName, interpreter, sha256Hex } from "./vocabulary.ts";
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
  z.strictObject({
    kind: z.literal("inline"),
    base64: z.base64().max(base64Chars(Math.max(2 * INLINE_BYTES, STDIN_BYTES))),
  }),
  z.strictObject({
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
 * (regular files and folders only), or a single file.
 */
export const input = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("tar"),
    blob,
    /** 1 when all entries share one top folder that the entrypoint does not name. */
    stripComponents: z.union([z.literal(0), z.literal(1)]),
  }),
  z.strictObject({ kind: z.literal("file"), path: inputPath, blob }),
]);
export type Input = z.infer<typeof input>;

export const limits = z.strictObject({
  timeoutMs: durationMs,
  cpuMs: durationMs,
  memoryBytes: positive,
  workspaceBytes: positive.max(64 * INPUT_BYTES),
  outputBytesPerStream: positive,
  outputFiles: positive.max(OUTPUT_FILES),
  outputFileBytes: positive,
  outputTotalBytes: positive,
});
export type AttemptLimits = z.infer<typeof limits>;

export const program = z.strictObject({
  /** Null where a language says how the program is started. */
  interpreter: interpreter.nullable(),
  entrypoint: inputPath,
  args: z.array(processText(ARGS_BYTES)).max(ARGS_COUNT),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), processText(ENV_BYTES)),
  environment: environmentName,
  stdin: blob.nullable(),
});
export type Program = z.infer<typeof program>;

/** `POST /attempts` on the executor: everything that one attempt needs. */
export const attemptRequest = z.strictObject({
  /** 2 where the request has a language or cases. */
  protocol: z.union([z.literal(1), z.literal(2)]),
  attemptId,
  /** Bearer token for this attempt's reports; the job object keeps only its hash. */
  attemptToken: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Base of this attempt's report routes: `<reportUrl>/events` and `<reportUrl>/uploads`. */
  reportUrl: webAddress(),
  program,
  limits,
  inputs: z.array(input).max(64),
  outputs: z.strictObject({
    /** Folder that is collected, relative to the job's folder; "." is the whole of it. */
    root: processText(255).min(1),
    /** What `output_files` and the signature name; an empty list selects everything. */
    patterns: z.array(z.string().max(1_024)).max(1_000),
  }),
  jobHash: sha256Hex,
  /** The language that the program is written in; without it the interpreter is started as it is. */
  language: languageOrder.optional(),
  /** Runs that are judged, in place of one that is logged; only with a language. The blob holds `judgedCases` as JSON. */
  cases: caseRules.extend({ blob }).optional(),
});
export type AttemptRequest = z.infer<typeof attemptRequest>;

/** 202: the attempt is held (again, if it was sent twice) and will be reported on. */
export const attemptAccepted = z.strictObject({ accepted: z.literal(true) });

/** Any refusal of the executor's API. `busy` comes as 503 with `Retry-After`; nothing was started. */
export const executorError = z.strictObject({
  error: z.strictObject({
    code: z.enum(["busy", "unauthorized", "invalid", "not_found", "draining", "internal"]),
    message: z.string().max(2_000),
  }),
});
export type ExecutorError = z.infer<typeof executorError>;

export const environmentInfo = z.strictObject({
  name: environmentName,
  description: z.string().max(500),
  interpreters: z.array(interpreter),
  packages: z.array(z.string().max(200)).max(500),
  diskBytes: z.int().nonnegative(),
  uses: z.int().nonnegative(),
});
export type EnvironmentInfo = z.infer<typeof environmentInfo>;

/** `GET /environments` on the executor. */
export const environmentList = z.strictObject({
  environments: z.array(environmentInfo).max(100),
  languages: z.array(languageInfo).max(200).default([]),
});

/** `GET /health` on the executor. */
export const executorHealth = z.strictObject({
  status: z.enum(["healthy", "draining"]),
  version: z.string().max(100),
  /** Standard base64 of the raw Ed25519 public key that signs results. */
  workerId: z.string().max(64),
  isolation: z.int().min(0).max(2),
  accounting: z.enum(["cgroup-v2", "cgroup-v1", "cgroup-hybrid", "proc"]),
  slots: z.strictObject({
    total: z.int(),
    busy: z.int(),
    waiting: z.int(),
    backlog: z.int(),
  }),
});
export type ExecutorHealth = z.infer<typeof executorHealth>;
