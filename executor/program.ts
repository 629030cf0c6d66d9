import type { AttemptRequest } from "../src/wire/attempt.ts";
import type { Interpreter } from "../src/wire/vocabulary.ts";
import type { Environment } from "./environments.ts";
import type { Orders } from "./sandbox/launcher.ts";
import { SANDBOX_HOME, SANDBOX_USER } from "./sandbox/own-etc.ts";
import { BASE_PATH } from "./sandbox/profile.ts";

/**
 * Python is told, by whatever starts it, to show its output at once and to leave no byte code among the job's
 * files.
 */
const pythonVariables = { PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" };

/** There is no network to wait for: npm would try a name that is not found for over a minute, and pip several times. */
const installerVariables = { NPM_CONFIG_FETCH_RETRIES: "0", PIP_RETRIES: "0" };

const MIB = 1024 * 1024;
/** What Node takes beside its heap. */
const NODE_BASE_MIB = 32;
const NODE_LEAST_HEAP_MIB = 16;
const NODE_MOST_SEMI_SPACE_MIB = 16;

/** V8 sizes its heap by the machine's memory, which is not the job's: garbage alone would reach the limit. */
const nodeVariables = (memoryBytes: number): Readonly<Record<string, string>> => {
  const memoryMib = Math.floor(memoryBytes / MIB);
  const heapMib = Math.max(NODE_LEAST_HEAP_MIB, memoryMib - NODE_BASE_MIB);
  const semiSpaceMib = Math.min(NODE_MOST_SEMI_SPACE_MIB, Math.max(1, Math.floor(memoryMib / 64)));
  return { NODE_OPTIONS: `--max-old-space-size=${heapMib} --max-semi-space-size=${semiSpaceMib}` };
};

/** V8 reserves this much address space that counts as data and is never touched. */
const V8_RESERVED_BYTES = 1024 * 1024 * 1024;

const dataLimit = (interpreter: Interpreter, memoryBytes: number): number =>
  interpreter === "node" ? memoryBytes + V8_RESERVED_BYTES : memoryBytes;

/** An entrypoint must not be read as an option of its interpreter. */
const entrypointArgument = (entrypoint: string): string =>
  entrypoint.startsWith("-") ? `./${entrypoint}` : entrypoint;

const startArguments = ({ module, entrypoint }: AttemptRequest["program"]): readonly string[] =>
  module === undefined ? [entrypointArgument(entrypoint)] : ["-m", module];

/** What every program finds in its environment, before its client's own variables. */
export const usualVariables = (
  environment: Environment,
  memoryBytes: number,
): Readonly<Record<string, string>> => {
  const path = environment.variables.PATH;
  return {
    // In memory and not collected: what programs leave at home is no output.
    HOME: SANDBOX_HOME,
    USER: SANDBOX_USER,
    LOGNAME: SANDBOX_USER,
    SHELL: "/bin/bash",
    TERM: "xterm-256color",
    TZ: "UTC",
    LANG: "C.UTF-8",
    // Caches and settings of libraries are no outputs.
    XDG_CACHE_HOME: "/tmp/.cache",
    XDG_CONFIG_HOME: "/tmp/.config",
    ...pythonVariables,
    ...installerVariables,
    ...nodeVariables(memoryBytes),
    ...environment.variables,
    PATH: path === undefined ? BASE_PATH : `${path}:${BASE_PATH}`,
  };
};

/** How a request's program is started, but for what it reads from standard input. */
export const programOrders = (
  request: AttemptRequest,
  environment: Environment,
  limitsDataPerProcess: boolean,
): Omit<Orders, "stdin" | "inputs"> => {
  const { program, limits } = request;
  if (program.interpreter === null) throw new Error("the request names no interpreter");
  return {
    outputRoot: request.outputs.root,
    dataLimitBytes: limitsDataPerProcess ? dataLimit(program.interpreter, limits.memoryBytes) : null,
    cpuLimitSeconds: Math.ceil(limits.cpuMs / 1_000) + 1,
    furtherLimits: "",
    joinsStderr: program.mergesOutput === true,
    environment: { ...usualVariables(environment, limits.memoryBytes), ...program.env },
    argv: [program.interpreter, ...startArguments(program), ...program.args],
  };
};
