import { z } from "zod";
import {
  CASE_OUTPUT_BYTES,
  CASES_MAX,
  COMPILE_FLAGS,
  COMPILE_FLAGS_BYTES,
  type Comparison,
} from "../../wire/judging.ts";
import { findLanguage } from "../../wire/languages/registry.ts";
import { ARGS_BYTES, ARGS_COUNT, ARGUMENT_BYTES } from "../../wire/limits.ts";
import { utf8ToBase64 } from "./base64.ts";

/** Seconds and MB of a compile step. */
export const COMPILE_SECONDS = { initial: 30, max: 60, min: 1 };
export const COMPILE_MEMORY_MB = { initial: 512, max: 512, min: 16 };
const FILE_NAME_CHARS = 255;

const encoder = new TextEncoder();
const bytesOf = (texts: readonly string[]): number =>
  texts.reduce((total, text) => total + encoder.encode(text).length, 0);

const text = z
  .string("must be text")
  .refine((value) => !value.includes("\0"), "must not contain a NUL character");

const language = z
  .string("must be text")
  .transform((name) => findLanguage(name)?.id ?? "")
  .refine((id) => id !== "", "is not known here; GET /runtimes lists the languages");

const flags = z
  .array(text, "must be a list of texts")
  .max(COMPILE_FLAGS, `must have at most ${COMPILE_FLAGS} items`)
  .refine(
    (list) => bytesOf(list) <= COMPILE_FLAGS_BYTES,
    `must have at most ${COMPILE_FLAGS_BYTES} bytes together`,
  );

const wholeSeconds = ({ min, max }: { min: number; max: number }) =>
  z
    .number("must be a whole number")
    .refine((value) => Number.isInteger(value) && value > 0, "must be a whole number of at least 1")
    .transform((value) => Math.min(Math.max(value, min), max))
    .nullish();

const decimal = ({ min, max }: { min: number; max: number }) =>
  z
    .number("must be a number")
    .refine((value) => value >= min, `must be at least ${min}`)
    .transform((value) => Math.min(value, max))
    .nullish();

/** Text, or bytes as `{"base64": "..."}`; base64 either way. */
const bytes = z.union(
  [
    z.string().transform(utf8ToBase64),
    z.strictObject({ base64: z.base64() }).transform(({ base64 }) => base64),
  ],
  'must be text, or {"base64": "..."}',
);

const tolerance = z.number("must be a number").nonnegative("must not be negative").default(1e-6);
const compare = z.union(
  [
    z.enum(["trimmed", "exact", "tokens"]),
    z.literal("numeric").transform(() => ({ mode: "numeric" as const, absolute: 1e-6, relative: 1e-6 })),
    z.strictObject({ mode: z.literal("numeric"), absolute: tolerance, relative: tolerance }),
  ],
  'must be trimmed, exact, tokens, or {"mode": "numeric", "absolute": 1e-6, "relative": 1e-6}',
);

const args = z
  .array(
    text.refine((arg) => bytesOf([arg]) <= ARGUMENT_BYTES, `must have at most ${ARGUMENT_BYTES} bytes`),
    "must be a list of texts",
  )
  .max(ARGS_COUNT, `must have at most ${ARGS_COUNT} items`)
  .refine((list) => bytesOf(list) <= ARGS_BYTES, `must have at most ${ARGS_BYTES} bytes together`);

const oneCase = z.strictObject(
  {
    id: z
      .string("must be text")
      .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of letters, digits, dot, _ and -")
      .nullish(),
    stdin: bytes.nullish(),
    args: args.nullish(),
    expected_output: bytes.nullish(),
    timeout: decimal({ min: 0.1, max: 300 }),
    cpu_seconds: decimal({ min: 0.05, max: 60 }),
    memory_mb: decimal({ min: 16, max: 512 }),
    compare: compare.nullish(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? "has a member that is not known" : "must be an object",
  },
);

/** Ids are the client's or the index; each names one case. */
const idsOf = (cases: readonly z.infer<typeof oneCase>[]): readonly string[] =>
  cases.map(({ id }, index) => id ?? String(index));

export const casesSchema = z
  .array(oneCase, "must be a list of cases")
  .min(1, "must have at least one case")
  .max(CASES_MAX, `must have at most ${CASES_MAX} cases`)
  .refine((cases) => new Set(idsOf(cases)).size === cases.length, "must have ids that differ");

/** What a manifest says about its language and about how its runs are judged. */
export const judgingShape = {
  language: z.preprocess((value) => (value === "" ? null : value), language.nullish()),
  compile_flags: flags.nullish(),
  compile_timeout: wholeSeconds(COMPILE_SECONDS),
  compile_cpu_seconds: wholeSeconds(COMPILE_SECONDS),
  compile_memory_mb: wholeSeconds(COMPILE_MEMORY_MB),
  expected_output: bytes.nullish(),
  cases: casesSchema.nullish(),
  cases_file: text.max(FILE_NAME_CHARS, `must have at most ${FILE_NAME_CHARS} characters`).nullish(),
  compare: compare.nullish(),
  stop_on_failure: z.boolean("must be true or false").nullish(),
  case_output_bytes: z
    .number("must be a whole number")
    .refine((value) => Number.isInteger(value) && value > 0, "must be a whole number of at least 1")
    .transform((value) => Math.min(value, CASE_OUTPUT_BYTES.max))
    .nullish(),
};

const given = z.object(judgingShape);
type Given = z.infer<typeof given>;

/** A case as its client wrote it, checked and capped. */
export type CaseFields = {
  readonly id: string;
  readonly stdinBase64: string | null;
  readonly args: readonly string[] | null;
  readonly expectedBase64: string | null;
  readonly timeoutSeconds: number | null;
  readonly cpuSeconds: number | null;
  readonly memoryMb: number | null;
  readonly compare: Comparison | null;
};

/** The part of a manifest that is about languages and cases; null where absent. */
export type JudgingFields = {
  /** The registry's id. */
  readonly language: string | null;
  readonly compileFlags: readonly string[] | null;
  readonly compileTimeoutSeconds: number | null;
  readonly compileCpuSeconds: number | null;
  readonly compileMemoryMb: number | null;
  readonly expectedBase64: string | null;
  readonly cases: readonly CaseFields[] | null;
  /** A file of the upload that holds the cases. */
  readonly casesFile: string | null;
  readonly compare: Comparison | null;
  readonly stopOnFailure: boolean | null;
  readonly caseOutputBytes: number | null;
};

export const NO_JUDGING: JudgingFields = {
  language: null,
  compileFlags: null,
  compileTimeoutSeconds: null,
  compileCpuSeconds: null,
  compileMemoryMb: null,
  expectedBase64: null,
  cases: null,
  casesFile: null,
  compare: null,
  stopOnFailure: null,
  caseOutputBytes: null,
};

export const caseFieldsOf = (cases: z.infer<typeof casesSchema>): readonly CaseFields[] =>
  cases.map((one, index) => ({
    id: one.id ?? String(index),
    stdinBase64: one.stdin ?? null,
    args: one.args ?? null,
    expectedBase64: one.expected_output ?? null,
    timeoutSeconds: one.timeout ?? null,
    cpuSeconds: one.cpu_seconds ?? null,
    memoryMb: one.memory_mb ?? null,
    compare: one.compare ?? null,
  }));

export const judgingFieldsOf = (fields: Given): JudgingFields => ({
  language: fields.language ?? null,
  compileFlags: fields.compile_flags ?? null,
  compileTimeoutSeconds: fields.compile_timeout ?? null,
  compileCpuSeconds: fields.compile_cpu_seconds ?? null,
  compileMemoryMb: fields.compile_memory_mb ?? null,
  expectedBase64: fields.expected_output ?? null,
  cases: fields.cases == null ? null : caseFieldsOf(fields.cases),
  casesFile: fields.cases_file ?? null,
  compare: fields.compare ?? null,
  stopOnFailure: fields.stop_on_failure ?? null,
  caseOutputBytes: fields.case_output_bytes ?? null,
});

/** What the first says, and the second where the first says nothing. */
export const mergedJudging = (first: JudgingFields, second: JudgingFields): JudgingFields => {
  const entries = Object.entries(second).map(([name, value]) => [
    name,
    first[name as keyof JudgingFields] ?? value,
  ]);
  return Object.fromEntries(entries) as JudgingFields;
};
