import { readLaxBase64 } from "../../domain/judge0/base64.ts";
import type { Judge0Submission } from "../../domain/judge0/submission-record.ts";
import { toBase64, utf8ToBase64 } from "../../domain/judging/base64.ts";
import { COMPILE_FLAGS } from "../../wire/judging.ts";
import { SANDBOX_PROCESSES } from "../../wire/limits.ts";
import { splitArguments } from "./arguments.ts";
import type { Judge0Language } from "./languages.ts";

/** The limits that a submission may set: default, least and most. */
export const NUMBERS = {
  number_of_runs: { initial: 1, least: 1, most: 20, isWhole: true },
  cpu_time_limit: { initial: 5, least: 0, most: 15, isWhole: false },
  cpu_extra_time: { initial: 1, least: 0, most: 5, isWhole: false },
  wall_time_limit: { initial: 10, least: 1, most: 20, isWhole: false },
  memory_limit: { initial: 128_000, least: 2_048, most: 512_000, isWhole: true },
  stack_limit: { initial: 64_000, least: 0, most: 128_000, isWhole: true },
  max_processes_and_or_threads: { initial: 60, least: 1, most: SANDBOX_PROCESSES, isWhole: true },
  max_file_size: { initial: 1_024, least: 0, most: 4_096, isWhole: true },
} as const;
type NumberName = keyof typeof NUMBERS;

const FLAGS = {
  enable_per_process_and_thread_time_limit: false,
  enable_per_process_and_thread_memory_limit: false,
  redirect_stderr_to_stdout: false,
  enable_network: false,
} as const;
type FlagName = keyof typeof FLAGS;

const LINE_CHARS = 512;

/** Texts about fields, as the original words them. */
export type Judge0Errors = Record<string, string[]>;

export type ParsedSubmission =
  | {
      readonly kind: "ok";
      readonly submission: Judge0Submission;
      readonly language: NonNullable<Judge0Language["language"]>;
      /** Whether a stack was asked for; without it the memory bounds it. */
      readonly hasStackLimit: boolean;
    }
  | { readonly kind: "wrong"; readonly errors: Judge0Errors };

type Given = Readonly<Record<string, unknown>>;

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "string" && value.trim() === "");

const textOf = (value: unknown): string | null => {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
};

const shownBound = (value: number, isWhole: boolean): string =>
  !isWhole && Number.isInteger(value) ? `${value}.0` : String(value);

/** A number, or a text that is one; else what the original says about it. */
const numberOf = (name: NumberName, value: unknown): number | string => {
  const { initial, least, most, isWhole } = NUMBERS[name];
  if (isBlank(value)) return initial;
  const isNumeric =
    typeof value === "number" ||
    (typeof value === "string" && /^\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?\s*$/.test(value));
  if (!isNumeric) return "is not a number";
  const number = Number(value);
  if (isWhole && !Number.isInteger(number)) return "must be an integer";
  if (number < least) return `must be greater than or equal to ${shownBound(least, isWhole)}`;
  return number > most ? `must be less than or equal to ${shownBound(most, isWhole)}` : number;
};

const isTrue = (value: unknown): boolean =>
  value === true || value === 1 || (typeof value === "string" && /^(true|t|1|on)$/i.test(value));

const numbersOf = (given: Given, errors: Judge0Errors): Record<NumberName, number> => {
  const names = Object.keys(NUMBERS) as NumberName[];
  const entries = names.map((name): [NumberName, number] => {
    const number = numberOf(name, given[name]);
    if (typeof number === "number") return [name, number];
    errors[name] = [number];
    return [name, NUMBERS[name].initial];
  });
  return Object.fromEntries(entries) as Record<NumberName, number>;
};

const flagsOf = (given: Given): Record<FlagName, boolean> => {
  const names = Object.keys(FLAGS) as FlagName[];
  return Object.fromEntries(names.map((name) => [name, isTrue(given[name])])) as Record<FlagName, boolean>;
};

const languageOf = (
  value: unknown,
  known: readonly Judge0Language[],
  errors: Judge0Errors,
): Judge0Language | null => {
  const shown = isBlank(value) ? "" : String(textOf(value)).slice(0, 40);
  const found = known.find(({ id }) => String(id) === shown.trim());
  if (isBlank(value)) errors.language_id = ["can't be blank", "language with id  doesn't exist"];
  else if (found === undefined) errors.language_id = [`language with id ${shown} doesn't exist`];
  else if (found.isArchived)
    errors.language_id = [`language with id ${shown} is archived and cannot be used anymore`];
  return found ?? null;
};

const lineOf = (name: string, value: unknown, errors: Judge0Errors): string | null => {
  const line = textOf(value);
  if (line === null) return null;
  if (line.length > LINE_CHARS) errors[name] = [`is too long (maximum is ${LINE_CHARS} characters)`];
  else if (line.includes("\0")) errors[name] = ["must not contain a NUL character"];
  else if (name === "compiler_options" && splitArguments(line).length > COMPILE_FLAGS)
    errors[name] = [`has too many options (maximum is ${COMPILE_FLAGS})`];
  return line;
};

/** Checks that concern the language's kind. */
const checkSources = (given: Given, found: Judge0Language | null, errors: Judge0Errors): void => {
  const isMultiFile = found?.language?.id === "multi-file";
  if (isMultiFile && !isBlank(given.source_code)) errors.source_code = ["must be blank"];
  if (isMultiFile && isBlank(given.additional_files)) errors.additional_files = ["can't be blank"];
  if (!isMultiFile && isBlank(given.source_code)) errors.source_code = ["can't be blank"];
  const isCompiled = (found?.language?.compile ?? null) !== null;
  if (found?.language != null && !isCompiled && !isBlank(given.compiler_options))
    errors.compiler_options = ["setting compiler options is only allowed for compiled languages"];
};

/**
 * Reads a submission's members; `isBase64` says how its texts are written, and `callbacks` what is wrong with the address
 * of a callback.
 */
export const parseSubmission = (
  given: Given,
  isBase64: boolean,
  known: readonly Judge0Language[],
  callbacks: (url: string) => string | null,
): ParsedSubmission => {
  const errors: Judge0Errors = {};
  const found = languageOf(given.language_id, known, errors);
  checkSources(given, found, errors);
  const bytesOf = (value: unknown): string | null => {
    const text = textOf(value);
    if (text === null) return null;
    return isBase64 ? toBase64(readLaxBase64(text)) : utf8ToBase64(text);
  };
  const options = lineOf("compiler_options", given.compiler_options, errors);
  const args = lineOf("command_line_arguments", given.command_line_arguments, errors);
  const numbers = numbersOf(given, errors);
  const flags = flagsOf(given);
  if (flags.enable_network) errors.enable_network = ["enabling network is not allowed"];
  const callback = isBlank(given.callback_url) ? null : textOf(given.callback_url);
  const badCallback = callback === null ? null : callbacks(callback);
  if (badCallback !== null) errors.callback_url = [badCallback];
  if (found?.language == null || Object.keys(errors).length > 0) return { kind: "wrong", errors };
  const submission: Judge0Submission = {
    source_code: isBlank(given.source_code) ? null : bytesOf(given.source_code),
    language_id: found.id,
    language_name: found.name,
    stdin: bytesOf(given.stdin),
    expected_output: bytesOf(given.expected_output),
    compiler_options: options,
    command_line_arguments: args,
    additional_files: isBlank(given.additional_files)
      ? null
      : toBase64(readLaxBase64(String(textOf(given.additional_files)))),
    ...numbers,
    ...flags,
    callback_url: callback,
  };
  return {
    kind: "ok",
    submission,
    language: found.language,
    hasStackLimit: !isBlank(given.stack_limit),
  };
};
