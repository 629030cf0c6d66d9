import type { DoorSettings } from "../../deps/types.ts";
import { ARGS_BYTES, ARGS_COUNT } from "../../wire/limits.ts";
import { findRuntime, type Runtime } from "./runtimes.ts";

const MOST_MEMORY_BYTES = 512 * 1_048_576;
const LEAST_MEMORY_BYTES = 16 * 1_048_576;
const DEFAULTS = {
  run_timeout: 3_000,
  compile_timeout: 10_000,
  run_cpu_time: 3_000,
  compile_cpu_time: 10_000,
};
type TimeName = keyof typeof DEFAULTS;

export type PistonFile = { readonly name: string; readonly bytes: Uint8Array; readonly isText: boolean };

/** What is to be run, checked; times in ms, memory in bytes. */
export type Execution = {
  readonly runtime: Runtime;
  readonly files: readonly PistonFile[];
  readonly stdin: string;
  readonly args: readonly string[];
  readonly times: Readonly<Record<TimeName, number>>;
  readonly runMemoryBytes: number;
  readonly compileMemoryBytes: number;
};

export type ReadExecution =
  | { readonly kind: "ok"; readonly execution: Execution }
  | { readonly kind: "wrong"; readonly message: string };

type Given = Readonly<Record<string, unknown>>;

const wrong = (message: string): ReadExecution => ({ kind: "wrong", message });

const isFile = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const hexBytes = (text: string): Uint8Array => {
  const [digits = ""] = /^(?:[0-9a-fA-F]{2})*/.exec(text) ?? [];
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
};

const base64Bytes = (text: string): Uint8Array => {
  const clean = text.replace(/[^A-Za-z0-9+/]/g, "");
  const whole = clean.length % 4 === 1 ? clean.slice(0, -1) : clean;
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
};

const fileOf = (given: Record<string, unknown>, index: number): PistonFile => {
  const { name, content, encoding } = given;
  const text = String(content);
  const shown = typeof name === "string" && name !== "" ? name : `file${index}.code`;
  if (encoding === "base64") return { name: shown, bytes: base64Bytes(text), isText: false };
  if (encoding === "hex") return { name: shown, bytes: hexBytes(text), isText: false };
  const isText = encoding === undefined || encoding === null || encoding === "utf8";
  return { name: shown, bytes: new TextEncoder().encode(text), isText };
};

const NUMBERS = ["memory_limit", "timeout", "cpu_time"].flatMap((what) => [`compile_${what}`, `run_${what}`]);

/** What is wrong with the limits, in the original's order; null when nothing is. */
const wrongLimit = (given: Given, mostMs: number): string | null => {
  for (const name of NUMBERS) {
    const value = given[name];
    if (value === undefined || value === null || value === 0) continue;
    if (typeof value !== "number") return `If specified, ${name} must be a number`;
    const isMemory = name.endsWith("memory_limit");
    if (!isMemory && value > mostMs) return `${name} cannot exceed the configured limit of ${mostMs}`;
    if (value < 0 && !(isMemory && value === -1)) return `${name} must be non-negative`;
  }
  return null;
};

/** An interpreter needs some memory to start at all: less is raised to that. */
const memoryOf = (value: unknown): number =>
  typeof value === "number" && value > 0
    ? Math.min(Math.max(Math.ceil(value), LEAST_MEMORY_BYTES), MOST_MEMORY_BYTES)
    : MOST_MEMORY_BYTES;

/** What cannot become arguments of a process; null when it can. */
const wrongArgs = (args: readonly string[]): string | null => {
  if (args.some((arg) => arg.includes("\0"))) return "args must not contain NUL characters";
  const bytes = args.reduce((sum, arg) => sum + new TextEncoder().encode(arg).length, 0);
  return args.length > ARGS_COUNT || bytes > ARGS_BYTES
    ? `args must have at most ${ARGS_COUNT} items and ${ARGS_BYTES} bytes`
    : null;
};

const timesOf = (given: Given): Record<TimeName, number> => {
  const names = Object.keys(DEFAULTS) as TimeName[];
  const entries = names.map((name): [TimeName, number] => {
    const value = given[name];
    return [name, typeof value === "number" && value > 0 ? Math.ceil(value) : DEFAULTS[name]];
  });
  return Object.fromEntries(entries) as Record<TimeName, number>;
};

/** What is wrong with the members that have a type of their own; null when nothing is. */
const wrongTypes = ({ language, version, files, stdin, args }: Given): string | null => {
  if (typeof language !== "string" || language === "") return "language is required as a string";
  if (typeof version !== "string" || version === "") return "version is required as a string";
  if (!Array.isArray(files)) return "files is required as an array";
  const bad = files.findIndex((file) => !isFile(file) || typeof file.content !== "string");
  if (bad >= 0) return `files[${bad}].content is required as a string`;
  if (args !== undefined && args !== null && !Array.isArray(args)) return "args must be an array";
  return stdin !== undefined && stdin !== null && typeof stdin !== "string" ? "stdin must be a string" : null;
};

/** Reads what is to be executed, with the checks and the words of the original, in its order. */
export const readExecution = (
  given: Given,
  runtimes: readonly Runtime[],
  { strictVersions, maxTimeoutMs }: Pick<DoorSettings, "strictVersions" | "maxTimeoutMs">,
): ReadExecution => {
  const type = wrongTypes(given);
  if (type !== null) return wrong(type);
  const [language, version] = [String(given.language), String(given.version)];
  const runtime = findRuntime(runtimes, language, version, strictVersions);
  if (runtime === null) return wrong(`${language}-${version} runtime is unknown`);
  const files = (given.files as Record<string, unknown>[]).map(fileOf);
  const needsText = runtime.language.id !== "executable";
  if (files.length === 0 || (needsText && !files.some(({ isText }) => isText)))
    return wrong("files must include at least one utf8 encoded file");
  const limit = wrongLimit(given, maxTimeoutMs);
  if (limit !== null) return wrong(limit);
  const args = ((given.args ?? []) as unknown[]).map(String);
  const badArgs = wrongArgs(args);
  if (badArgs !== null) return wrong(badArgs);
  const stdin = typeof given.stdin === "string" ? given.stdin : "";
  return {
    kind: "ok",
    execution: {
      runtime,
      files,
      stdin: stdin.endsWith("\n") ? stdin : `${stdin}\n`,
      args,
      times: timesOf(given),
      runMemoryBytes: memoryOf(given.run_memory_limit),
      compileMemoryBytes: memoryOf(given.compile_memory_limit),
    },
  };
};
