import { z } from "zod";

/**
 * What a client writes to have a program run (contract runs.md 0.7), as the service describes it; caps
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
});
export type Manifest = z.infer<typeof manifest>;

/** The JSON form of a submission (contract runs.md 0.8): one program, no other files. */
export const jsonSubmission = z.object({
  code: z.string().meta({ description: "The program; at most 1 MiB." }),
  ...manifest.shape,
});
export type JsonSubmission = z.infer<typeof jsonSubmission>;
