/** What a submission shows where nothing is asked for. */
export const DEFAULT_FIELDS = [
  ...["token", "time", "memory", "stdout", "stderr", "compile_output", "message", "status"],
] as const;

/** Exactly what `*` stands for: one name more, and clients that check them throw. */
export const ALL_FIELDS = [
  ...["source_code", "language_id", "stdin", "expected_output", "stdout", "status_id", "created_at"],
  ...["finished_at", "time", "memory", "stderr", "token", "number_of_runs", "cpu_time_limit"],
  ...["cpu_extra_time", "wall_time_limit", "memory_limit", "stack_limit", "max_processes_and_or_threads"],
  ...["enable_per_process_and_thread_time_limit", "enable_per_process_and_thread_memory_limit"],
  ...["max_file_size", "compile_output", "exit_code", "exit_signal", "message", "wall_time"],
  ...["compiler_options", "command_line_arguments", "redirect_stderr_to_stdout", "callback_url"],
  ...["additional_files", "enable_network", "status", "language"],
] as const;

/** Known by name alone. */
const NAMED_FIELDS = ["post_execution_filesystem"] as const;

const KNOWN: ReadonlySet<string> = new Set([...ALL_FIELDS, ...NAMED_FIELDS]);

export type AskedFields =
  | { readonly kind: "fields"; readonly names: readonly string[] }
  | { readonly kind: "invalid"; readonly names: readonly string[] };

/** The fields that a query asks for, in its order. */
export const askedFields = (query: string | undefined): AskedFields => {
  const names = (query ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) return { kind: "fields", names: DEFAULT_FIELDS };
  if (names.includes("*")) return { kind: "fields", names: ALL_FIELDS };
  const invalid = names.filter((name) => !KNOWN.has(name));
  return invalid.length > 0 ? { kind: "invalid", names: invalid } : { kind: "fields", names };
};

/** Texts that are base64 where that is asked for. */
export const TEXT_FIELDS: ReadonlySet<string> = new Set([
  ...["source_code", "stdin", "expected_output", "stdout", "stderr", "compile_output", "message"],
]);
