import type { FieldError } from "./types.ts";

/** What clients of other services write, by the member that is meant here. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  interpreter: ["runtime", "kernel"],
  language: ["lang", "language_id", "programming_language"],
  compile_flags: ["compiler_options", "compiler_flags", "flags", "cflags"],
  cases: ["tests", "test_cases", "testcases"],
  expected_output: ["expected", "expected_stdout", "answer"],
  entrypoint: ["entry_point", "entryPoint", "entry", "main", "main_file", "filename", "file_name", "script"],
  timeout: [
    "time_limit",
    "timeLimit",
    "timeout_seconds",
    "timeoutSeconds",
    "timeout_ms",
    "timeoutMs",
    "wall_time_limit",
    "run_timeout",
    "max_time",
  ],
  memory_mb: ["memory", "memory_limit", "memoryLimit", "memoryMb", "memory_limit_mb", "mem", "mem_mb", "ram"],
  cpu_seconds: ["cpu", "cpu_time", "cpu_limit", "cpuSeconds", "cpu_time_limit"],
  args: ["arguments", "argv", "arg", "cmd_args", "command_line_arguments", "command", "cmd"],
  env: ["environment_variables", "env_vars", "envs", "environ", "variables"],
  environment: ["packages", "dependencies", "pip", "image", "template"],
  outputs: ["output", "output_files", "outputFiles", "output_patterns", "artifacts"],
  stdin: ["input", "std_in", "standard_input"],
  webhook_url: ["webhook", "webhookUrl", "callback", "callback_url", "callbackUrl", "notify_url"],
  code: ["source", "source_code", "sourceCode", "program", "content"],
};

const HINTS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(MEANT).flatMap(([meant, names]) =>
    names.map((name): [string, string] => [name, `is not known here; use ${meant}`]),
  ),
  ["files", "is no member of JSON; send files as multipart/form-data, in parts named files"],
]);

const SHOWN_WARNINGS = 20;
const SHOWN_CHARS = 64;

/**
 * What a manifest says beside what is known: near-misses, which would make another program run than was
 * meant, as errors with a hint; the others as warnings. An empty near-miss means nothing and is a warning.
 */
export const unknownMembers = (
  value: unknown,
  known: ReadonlySet<string>,
): { readonly errors: FieldError[]; readonly warnings: string[] } => {
  if (typeof value !== "object" || value === null) return { errors: [], warnings: [] };
  const unknown = Object.entries(value).filter(([name]) => !known.has(name));
  const isMissed = ([name, member]: [string, unknown]): boolean =>
    HINTS.has(name) && member !== null && member !== "";
  return {
    errors: unknown
      .filter(isMissed)
      .slice(0, SHOWN_WARNINGS)
      .map(([field]) => ({ field, message: HINTS.get(field) ?? "" })),
    warnings: unknown
      .filter((entry) => !isMissed(entry))
      .slice(0, SHOWN_WARNINGS)
      .map(([name]) => `${name.slice(0, SHOWN_CHARS)} is not known here and was ignored`),
  };
};
