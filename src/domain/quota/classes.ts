import { z } from "zod";
import type { QuotaRules } from "./quota.ts";

const limit = z.int().positive();
const rules = z.strictObject({
  active_jobs: limit,
  jobs_per_hour: limit,
  cpu_seconds_per_minute: limit,
});

/** The class of keys that name no other, or one that is not declared. */
export const DEFAULT_CLASS = "default";

const DEFAULT_RULES = { active_jobs: 20, jobs_per_hour: 1_000, cpu_seconds_per_minute: 120 };

/** Names, each with its limits, as the setting QUOTA_CLASSES has them; `default` is there without it. */
export const quotaClasses = z
  .record(z.string().regex(/^[a-z0-9_-]{1,50}$/), rules)
  .transform((classes) => ({ [DEFAULT_CLASS]: DEFAULT_RULES, ...classes }));
export type QuotaClasses = Readonly<Record<string, z.infer<typeof rules>>>;

/** The rules of a class; those of the default one where there is no such class. */
export const rulesOfClass = (classes: QuotaClasses, name: string): QuotaRules => {
  const found = (Object.hasOwn(classes, name) ? classes[name] : undefined) ?? classes[DEFAULT_CLASS];
  const { active_jobs, jobs_per_hour, cpu_seconds_per_minute } = found ?? DEFAULT_RULES;
  return {
    activeJobs: active_jobs,
    jobsPerHour: jobs_per_hour,
    cpuSecondsPerMinute: cpu_seconds_per_minute,
  };
};
