import { z } from "zod";

/** What is kept of a submission, and shown again; texts that may be bytes are base64. */
export const judge0Submission = z.object({
  source_code: z.string().nullable(),
  language_id: z.int(),
  language_name: z.string(),
  stdin: z.string().nullable(),
  expected_output: z.string().nullable(),
  compiler_options: z.string().nullable(),
  command_line_arguments: z.string().nullable(),
  additional_files: z.string().nullable(),
  number_of_runs: z.number(),
  cpu_time_limit: z.number(),
  cpu_extra_time: z.number(),
  wall_time_limit: z.number(),
  memory_limit: z.number(),
  stack_limit: z.number(),
  max_processes_and_or_threads: z.number(),
  max_file_size: z.number(),
  enable_per_process_and_thread_time_limit: z.boolean(),
  enable_per_process_and_thread_memory_limit: z.boolean(),
  redirect_stderr_to_stdout: z.boolean(),
  enable_network: z.boolean(),
  callback_url: z.string().nullable(),
});
export type Judge0Submission = z.infer<typeof judge0Submission>;
