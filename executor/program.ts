import type { AttemptRequest } from "../src/wire/attempt.ts";
import type { Interpreter } from "../src/wire/vocabulary.ts";
import type { Environment } from "./environments.ts";
import type { Orders } from "./sandbox/launcher.ts";
import { BASE_PATH, JOB_FOLDER } from "./sandbox/profile.ts";

/** What each interpreter is told so that logs are live and it leaves no files of its own behind. */
const interpreterVariables: Readonly<Record<Interpreter, Readonly<Record<string, string>>>> = {
  python3: { PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" },
  node: {},
  bash: {},
  sh: {},
};

/** V8 reserves this much address space that counts as data and is never touched. */
const V8_RESERVED_BYTES = 1024 * 1024 * 1024;

const dataLimit = (interpreter: Interpreter, memoryBytes: number): number =>
  interpreter === "node" ? memoryBytes + V8_RESERVED_BYTES : memoryBytes;

/** An entrypoint must not be read as an option of its interpreter. */
const entrypointArgument = (entrypoint: string): string =>
  entrypoint.startsWith("-") ? `./${entrypoint}` : entrypoint;

/** How a request's program is started, but for what it reads from standard input. */
export const programOrders = (
  request: AttemptRequest,
  environment: Environment,
  limitsDataPerProcess: boolean,
): Omit<Orders, "stdin" | "inputs"> => {
  const { program, limits } = request;
  const path = environment.variables.PATH;
  return {
    outputRoot: request.outputs.root,
    dataLimitBytes: limitsDataPerProcess ? dataLimit(program.interpreter, limits.memoryBytes) : null,
    cpuLimitSeconds: Math.ceil(limits.cpuMs / 1_000) + 1,
    environment: {
      HOME: JOB_FOLDER,
      LANG: "C.UTF-8",
      // Caches and settings of libraries are no outputs.
      XDG_CACHE_HOME: "/tmp/.cache",
      XDG_CONFIG_HOME: "/tmp/.config",
      ...interpreterVariables[program.interpreter],
      ...environment.variables,
      PATH: path === undefined ? BASE_PATH : `${path}:${BASE_PATH}`,
      ...program.env,
    },
    argv: [program.interpreter, entrypointArgument(program.entrypoint), ...program.args],
  };
};
