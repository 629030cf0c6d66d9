import { z } from "zod";
import { relativePath, UPLOAD_LIMITS } from "../../uploads/index.ts";
import {
  ARGS_BYTES,
  ARGS_COUNT,
  ARGUMENT_BYTES,
  ENV_BYTES,
  ENV_NAMES,
  STDIN_BYTES,
} from "../../wire/limits.ts";
import { isWild } from "../../wire/output-patterns.ts";
import { judgingShape } from "../judging/fields.ts";

export const TIMEOUT_SECONDS = { initial: 300, max: 300, min: 1 };
/** An interpreter needs some memory to start at all; less than `min` is raised to it. */
export const MEMORY_MB = { initial: 512, max: 512, min: 16 };
export const CPU_SECONDS = { initial: 10, max: 60, min: 1 };

/** What a client may write; `python` means `python3`. */
export const INTERPRETERS = ["python3", "python", "node", "bash", "sh"] as const;

const PATTERNS = 1_000;
const PATTERN_CHARS = 1_024;
const PATTERNS_BYTES = 64 * 1_024;
/** Each is tried on each output; names are looked up. */
const WILD_PATTERNS = 64;
const ENVIRONMENT_CHARS = 255;
const MODULE_CHARS = 255;
const GRACE_SECONDS = 10;

const encoder = new TextEncoder();
const bytesOf = (texts: readonly string[]): number =>
  texts.reduce((total, text) => total + encoder.encode(text).length, 0);

const text = z
  .string("must be text")
  .refine((value) => !value.includes("\0"), "must not contain a NUL character");

/** Clients write null, or an empty text, for a field that they leave out. */
const absentWhenEmpty = (value: unknown): unknown => (value === "" ? null : value);

const bounded = ({ min, max }: { min: number; max: number }) =>
  z
    .number("must be a whole number")
    .refine((value) => Number.isInteger(value) && value > 0, "must be a whole number of at least 1")
    .transform((value) => Math.min(Math.max(value, min), max))
    .nullish();

const entrypoint = text.transform((raw, context) => {
  const outcome = raw.startsWith("-")
    ? ({ kind: "bad", problem: 'starts with "-"' } as const)
    : relativePath(raw, false, UPLOAD_LIMITS);
  if (outcome.kind === "ok") return outcome.path;
  context.addIssue({ code: "custom", message: outcome.problem });
  return z.NEVER;
});

const interpreter = z
  .enum(INTERPRETERS, `must be one of ${INTERPRETERS.join(", ")}`)
  .transform((name) => (name === "python" ? ("python3" as const) : name));

const args = z
  .array(
    text.refine((arg) => bytesOf([arg]) <= ARGUMENT_BYTES, `must have at most ${ARGUMENT_BYTES} bytes`),
    "must be a list of texts",
  )
  .max(ARGS_COUNT, `must have at most ${ARGS_COUNT} items`)
  .refine((list) => bytesOf(list) <= ARGS_BYTES, `must have at most ${ARGS_BYTES} bytes together`);

const env = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable name: letters, digits and _ only"),
    text,
    {
      error: (issue) =>
        issue.code === "invalid_key"
          ? "is not a variable name: use letters, digits and _"
          : "must be an object of texts",
    },
  )
  .refine((variables) => Object.keys(variables).length <= ENV_NAMES, `must have at most ${ENV_NAMES} names`)
  .refine(
    (variables) => bytesOf(Object.entries(variables).flat()) <= ENV_BYTES,
    `must have at most ${ENV_BYTES} bytes together`,
  );

const outputs = z
  .array(
    text
      .refine((pattern) => pattern.length <= PATTERN_CHARS, `must have at most ${PATTERN_CHARS} characters`)
      .transform((pattern) => pattern.replace(/^(?:\/job\/|(?:\.\/)+)/, ""))
      .refine(
        (pattern) => !pattern.startsWith("/") && !pattern.split("/").includes(".."),
        "must be relative to the job's folder",
      ),
    'must be a list of patterns, such as ["*.png"]',
  )
  .max(PATTERNS, `must have at most ${PATTERNS} patterns`)
  .refine(
    (list) => list.filter(isWild).length <= WILD_PATTERNS,
    `must have at most ${WILD_PATTERNS} patterns with *, ? or [`,
  )
  .refine((list) => bytesOf(list) <= PATTERNS_BYTES, `must have at most ${PATTERNS_BYTES} bytes together`);

const moduleName = text.refine(
  (name) =>
    name.length <= MODULE_CHARS &&
    /^[\p{ID_Start}_]\p{ID_Continue}*(?:\.[\p{ID_Start}_]\p{ID_Continue}*)*$/u.test(name),
  'must be a module\'s name, such as "pkg.main"',
);

const gpu = z
  .looseObject(
    {
      required: z
        .boolean("must be true or false")
        .refine((required) => !required, "there are no GPUs here; leave gpu out and run on the CPU")
        .nullish(),
    },
    "must be an object",
  )
  .nullish();

/** Packages that a program wants, by line; where they are is said by the environments, which are not known here. */
const requirements = z
  .union([text.transform((lines) => lines.split(/\r\n|\r|\n/)), z.array(text)], {
    error: "must be text as in requirements.txt, or a list of packages",
  })
  .transform((lines) => lines.map((line) => line.trim()).filter((line) => line !== ""))
  .nullish();

/** The manifest as a client writes it; other members are ignored and named, unless they are near-misses. */
export const manifestSchema = z.object(
  {
    entrypoint: z.preprocess(absentWhenEmpty, entrypoint.nullish()),
    interpreter: z.preprocess(absentWhenEmpty, interpreter.nullish()),
    environment: text.max(ENVIRONMENT_CHARS, `must have at most ${ENVIRONMENT_CHARS} characters`).nullish(),
    args: args.nullish(),
    env: env.nullish(),
    outputs: outputs.nullish(),
    timeout: bounded(TIMEOUT_SECONDS),
    memory_mb: bounded(MEMORY_MB),
    cpu_seconds: bounded(CPU_SECONDS),
    stdin: z
      .string("must be text")
      .refine((given) => bytesOf([given]) <= STDIN_BYTES, `must have at most ${STDIN_BYTES} bytes`)
      .nullish(),
    unpack: z.boolean("must be true or false").nullish(),
    normalize: z.boolean("must be true or false").nullish(),
    merge_output: z.boolean("must be true or false").nullish(),
    grace_seconds: z
      .number("must be a whole number")
      .refine(
        (value) => Number.isInteger(value) && value >= 0 && value <= GRACE_SECONDS,
        `must be a whole number from 0 to ${GRACE_SECONDS}`,
      )
      .nullish(),
    keep_outputs: z.boolean("must be true or false").nullish(),
    webhook_url: z.preprocess(absentWhenEmpty, text.nullish()),
    module: z.preprocess(absentWhenEmpty, moduleName.nullish()),
    gpu,
    requirements,
    ...judgingShape,
  },
  "The manifest must be a JSON object",
);
