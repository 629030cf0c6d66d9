import { z } from "zod";

const textOrBytes = z.union([z.string(), z.object({ base64: z.string() })]);

const compare = z.union([
  z.enum(["trimmed", "exact", "tokens", "numeric"]),
  z.object({
    mode: z.literal("numeric"),
    absolute: z.number().nonnegative().optional(),
    relative: z.number().nonnegative().optional(),
  }),
]);

/** One run of a program that is judged. */
export const runCase = z.object({
  id: z.string().optional(),
  stdin: textOrBytes.optional(),
  args: z.array(z.string()).optional(),
  expected_output: textOrBytes.optional(),
  timeout: z.number().min(0.1).optional(),
  cpu_seconds: z.number().min(0.05).optional(),
  memory_mb: z.number().optional(),
  compare: compare.optional(),
});
export type RunCase = z.infer<typeof runCase>;

/**
 * What a client writes to have a program run, as the service describes it; caps
 * and details are the service's to enforce, which answers 400 and names the field.
 */
export const manifest = z.object({
  entrypoint: z.string().optional(),
  interpreter: z.enum(["python3", "python", "node", "bash", "sh"]).optional(),
  environment: z.string().optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  outputs: z
    .array(z.string())
    .optional()
    .meta({ description: "Patterns; an empty list selects every file." }),
  timeout: z.int().positive().optional().meta({ description: "Seconds; at most 300." }),
  memory_mb: z.int().positive().optional().meta({ description: "At most 512." }),
  cpu_seconds: z.int().positive().optional().meta({ description: "10 by default, at most 60." }),
  stdin: z.string().optional().meta({ description: "What the program reads from stdin; at most 1 MiB." }),
  unpack: z.boolean().optional().meta({
    description:
      "Whether archives are unpacked: false keeps them as files, true unpacks all; without it the first is.",
  }),
  normalize: z.boolean().optional().meta({
    description:
      "Takes byte order marks and CRs at the ends of lines out of shell scripts, before they are hashed.",
  }),
  module: z.string().optional().meta({
    description: "A Python module, such as pkg.main, that is run in place of an entrypoint.",
  }),
  merge_output: z.boolean().optional().meta({
    description: "One pipe for stdout and stderr: everything is in stdout, in the exact order.",
  }),
  grace_seconds: z.int().min(0).max(10).optional().meta({
    description: "So long before a limit of time the program gets SIGTERM, to come to an end by itself.",
  }),
  keep_outputs: z.boolean().optional().meta({
    description: "Collects what was written before a limit of time ended the program.",
  }),
  webhook_url: z.string().optional().meta({
    description: "Told how the run ends, signed with `webhook_secret` of the answer; wants a key.",
  }),
  language: z
    .string()
    .optional()
    .meta({ description: "Id or alias of GET /runtimes, in place of an interpreter." }),
  compile_flags: z.array(z.string()).optional(),
  compile_timeout: z.int().positive().optional().meta({ description: "Seconds; 30, at most 60." }),
  compile_cpu_seconds: z.int().positive().optional(),
  compile_memory_mb: z.int().positive().optional(),
  expected_output: textOrBytes.optional().meta({ description: "Makes the run one case." }),
  cases: z.array(runCase).max(100).optional(),
  cases_file: z.string().optional().meta({ description: "A file of the upload that holds the cases." }),
  compare: compare.optional(),
  stop_on_failure: z.boolean().optional(),
  case_output_bytes: z.int().positive().optional().meta({ description: "1 MiB, at most 10 MiB." }),
});
export type Manifest = z.infer<typeof manifest>;

/** The JSON form of a submission: one program, no other files. */
export const jsonSubmission = z.object({
  code: z.string().meta({ description: "The program; at most 1 MiB." }),
  ...manifest.shape,
});
export type JsonSubmission = z.infer<typeof jsonSubmission>;
