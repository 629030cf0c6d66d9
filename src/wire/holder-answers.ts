import { z } from "zod";
import { jobVerdict } from "./judging.ts";
import { runStatus } from "./run-answers.ts";
import { terminationReason } from "./vocabulary.ts";

/** What the holder of a key is told of its owner's runs and quota. */

export const listedRun = z.object({
  job_id: z.string(),
  status: runStatus,
  entrypoint: z.string(),
  interpreter: z.string(),
  environment: z.string(),
  verdict: jobVerdict.nullable(),
  exit_code: z.int().nullable(),
  termination_reason: terminationReason.nullable(),
  cpu_seconds: z.number(),
  wall_time_ms: z.int(),
  memory_peak_bytes: z.int(),
  created_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
});
export type ListedRun = z.infer<typeof listedRun>;

export const runList = z.object({
  runs: z.array(listedRun),
  next: z.string().nullable().meta({ description: "Pass as `cursor` for the runs that follow." }),
});
export type RunList = z.infer<typeof runList>;

const used = z.object({ used: z.number(), limit: z.number() });
const spent = z.object({
  since: z.iso.datetime(),
  jobs: z.int().meta({ description: "Runs and workload jobs that were accepted." }),
  cpu_seconds: z.number(),
});

/** One budget: what its rules leave now, and what was used in this hour and month of the calendar (UTC). */
export const budget = z.object({
  active_jobs: used,
  jobs_per_hour: used,
  cpu_seconds_per_minute: used,
  can_submit: z.boolean(),
  reason: z.string(),
  retry_after: z.int().nullable(),
  hour: spent,
  month: spent,
});
export type Budget = z.infer<typeof budget>;

export const usage = budget.extend({
  owner: z.string(),
  quota_class: z.string(),
  doors: budget.meta({
    description: "What came by the doors of Judge0's and Piston's clients counts apart.",
  }),
});
export type Usage = z.infer<typeof usage>;
