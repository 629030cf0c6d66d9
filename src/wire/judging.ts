import { z } from "zod";
import { ARGS_BYTES, ARGS_COUNT } from "./limits.ts";
import { sha256Hex } from "./vocabulary.ts";

/** What Worker and executor say to each other about languages, their compile step, and cases. */

const KIB = 1024;
const MIB = 1024 * KIB;

export const CASES_MAX = 100;
/** `stdin` or `expected_output` of one case. */
export const CASE_TEXT_BYTES = MIB;
/** All of them together. */
export const CASES_BYTES = 8 * MIB;
/** What a case may print on each stream. */
export const CASE_OUTPUT_BYTES = { initial: MIB, max: 10 * MIB };
/** All cases of a job together. */
export const CASES_CPU_MS = 60_000;
export const CASES_WALL_MS = 600_000;
/** Of the compiler's text, so much is kept. */
export const COMPILE_OUTPUT_BYTES = 64 * KIB;
/** Of what a case prints, so much is kept of each stream, and of all cases together. */
export const CASE_KEPT = { stdoutBytes: 64 * KIB, stderrBytes: 16 * KIB, totalBytes: MIB };
/** The most that is kept of one case: a stored row ends at 2 MB. */
export const CASE_KEPT_MOST = { stdoutBytes: MIB, stderrBytes: 512 * KIB };
/** What a live watcher is shown of a case's stdout. */
export const CASE_SHOWN_BYTES = 4 * KIB;
export const COMPILE_FLAGS = 64;
export const COMPILE_FLAGS_BYTES = 4 * KIB;

const text = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .refine((value) => !value.includes("\0"), { error: "holds a NUL" });
const durationMs = z.int().positive().max(3_600_000);
const bytes = z.int().positive();
const base64 = (maxBytes: number) => z.base64().max(Math.ceil(maxBytes / 3) * 4);

export const languageId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);

/** A language as an executor has it. */
export const languageInfo = z.object({
  id: languageId,
  /** The part of the tool's line that looks like a version. */
  version: z.string().max(200),
  versionText: z.string().max(200),
});
export type LanguageInfo = z.infer<typeof languageInfo>;

const numeric = z.object({
  mode: z.literal("numeric"),
  absolute: z.number().nonnegative(),
  relative: z.number().nonnegative(),
});
/** How a case's output is compared with what was expected of it. */
export const comparison = z.union([z.enum(["trimmed", "exact", "tokens"]), numeric]);
export type Comparison = z.infer<typeof comparison>;

/** What a phase may use. */
export const phaseLimits = z.object({
  timeoutMs: durationMs,
  cpuMs: durationMs,
  memoryBytes: bytes,
});
export type PhaseLimits = z.infer<typeof phaseLimits>;

/** A program in a language: how it is compiled, and how it is run apart from its arguments. */
export const languageOrder = z.object({
  id: languageId,
  /** Who asks, as a hash: what was compiled for one client is never used for another. */
  turn: sha256Hex,
  /** Null for a language without compile step. */
  compile: z
    .strictObject({ flags: z.array(text(4 * KIB)).max(COMPILE_FLAGS), limits: phaseLimits })
    .nullable(),
  /** stderr is the same stream as stdout. */
  joinsStderr: z.boolean(),
  /** Null: the memory bounds it. */
  stackBytes: bytes.nullable(),
  processes: bytes.nullable(),
  fileBytes: bytes.nullable(),
});
export type LanguageOrder = z.infer<typeof languageOrder>;

/** One case with every default filled in. */
export const judgedCase = z.object({
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  stdin: base64(CASE_TEXT_BYTES),
  /** Null: those of the program. */
  args: z.array(text(ARGS_BYTES)).max(ARGS_COUNT).nullable(),
  /** Null: it is enough to exit with 0. */
  expected: base64(CASE_TEXT_BYTES).nullable(),
  limits: phaseLimits,
  compare: comparison,
});
export type JudgedCase = z.infer<typeof judgedCase>;

/** What travels as a blob of JSON, because it is as large as other inputs. */
export const judgedCases = z.array(judgedCase).min(1).max(CASES_MAX);

/** How cases are run; what they are lies in a blob of their own. */
export const caseRules = z.object({
  total: z.int().min(1).max(CASES_MAX),
  stopOnFailure: z.boolean(),
  outputBytes: bytes.max(CASE_OUTPUT_BYTES.max),
  /** Files of the inputs that say what is expected: they are laid into no sandbox. */
  omits: z.array(text(1_024).min(1)).max(4),
  keep: z.object({
    stdoutBytes: z.int().nonnegative().max(CASE_KEPT_MOST.stdoutBytes),
    stderrBytes: z.int().nonnegative().max(CASE_KEPT_MOST.stderrBytes),
    totalBytes: bytes,
  }),
});
export type CaseRules = z.infer<typeof caseRules>;

export const caseVerdict = z.enum([
  "skipped",
  "internal_error",
  "time_limit",
  "memory_limit",
  "output_limit",
  "runtime_error",
  "wrong_answer",
  "accepted",
]);
export type CaseVerdict = z.infer<typeof caseVerdict>;

/** Of a job: that of its first case that was not accepted, or its compiler's. */
export const jobVerdict = z.enum(["compile_error", ...caseVerdict.options]);
export type JobVerdict = z.infer<typeof jobVerdict>;

/** Why cases were not run. */
export const casesStoppedBy = z.enum(["cpu_budget", "wall_budget", "failure"]);
export type CasesStoppedBy = z.infer<typeof casesStoppedBy>;

export const compileStatus = z.enum(["ok", "error", "time_limit", "memory_limit", "output_limit"]);

const figures = {
  cpuSeconds: z.number().nonnegative(),
  wallTimeMs: z.int().nonnegative(),
  memoryPeakBytes: z.int().nonnegative(),
};
const exitCode = z.int().min(0).max(255).nullable();
const signal = z.string().max(16).nullable();

/** How the compile step ended. */
export const compileResult = z.object({
  status: compileStatus,
  exitCode,
  signal,
  /** stdout and stderr as they came, invalid bytes replaced. */
  output: z.string().max(2 * COMPILE_OUTPUT_BYTES),
  outputTruncated: z.boolean(),
  ...figures,
  /** The step was not made: an earlier one of the same client was. */
  cached: z.boolean(),
});
export type CompileResult = z.infer<typeof compileResult>;

/** The first bytes of a stream. */
const keptBytes = (maxBytes: number) => base64(maxBytes);

/** How one case ended. */
export const caseResult = z.object({
  index: z
    .int()
    .min(0)
    .max(CASES_MAX - 1),
  id: z.string().max(64),
  verdict: caseVerdict,
  exitCode,
  signal,
  /** Why the program ended; null when it was not run. */
  reason: z
    .enum(["exit", "signal", "timeout_wall", "timeout_cpu", "memory", "output_limit", "infrastructure"])
    .nullable(),
  ...figures,
  stdoutBytes: z.int().nonnegative(),
  stderrBytes: z.int().nonnegative(),
  stdout: keptBytes(CASE_KEPT_MOST.stdoutBytes),
  stderr: keptBytes(CASE_KEPT_MOST.stderrBytes),
  /** Lengths of the kept pieces in the order in which they came, stdout's and stderr's in turn. */
  order: z.array(z.int().nonnegative()).max(256),
});
export type CaseResult = z.infer<typeof caseResult>;

/** What came of all cases, in the last event. */
export const judged = z.object({
  verdict: jobVerdict,
  stoppedBy: casesStoppedBy.nullable(),
  finished: z.int().nonnegative(),
  accepted: z.int().nonnegative(),
});
export type Judged = z.infer<typeof judged>;
