import { z } from "zod";
import { ANONYMOUS_CLASS } from "../access/caller.ts";
import type { QuotaRules } from "./quota.ts";

const limit = z.int().positive();
/** A budget names each job of its windows in one stored value, which ends at 2 MB (platform). */
const jobs = z.int().positive().max(10_000);
const rules = z.strictObject({
  active_jobs: jobs,
  jobs_per_hour: jobs,
  cpu_seconds_per_minute: limit,
  upload_bytes_per_day: limit,
  /** Of one run. */
  max_timeout_seconds: limit,
  max_memory_mb: limit,
  max_cpu_seconds: limit,
});

/** The class of keys that name no other, or one that is not declared. */
export const DEFAULT_CLASS = "default";

const GIB = 1_073_741_824;
/** A limit of one run that is not named leaves what every run may have at most. */
const DEFAULT_RULES = {
  active_jobs: 20,
  jobs_per_hour: 1_000,
  cpu_seconds_per_minute: 120,
  upload_bytes_per_day: 100 * GIB,
};

const someRules = rules.partial();
type SomeRules = z.infer<typeof someRules>;

/** Names, each with its limits, as the setting QUOTA_CLASSES has them; what a class does not name is as in `default`. */
export const quotaClasses = z.record(z.string().regex(/^[a-z0-9_-]{1,50}$/), someRules);
export type QuotaClasses = Readonly<Record<string, SomeRules>>;

/** What one run of a class may ask for at most; null leaves what every run may. */
export type RunLimits = {
  readonly timeoutSeconds: number | null;
  readonly memoryMb: number | null;
  readonly cpuSeconds: number | null;
};

const declared = (classes: QuotaClasses, name: string): SomeRules =>
  (Object.hasOwn(classes, name) ? classes[name] : undefined) ?? {};

const fallbackOf = (classes: QuotaClasses): SomeRules => ({
  ...DEFAULT_RULES,
  ...declared(classes, DEFAULT_CLASS),
});

const rulesFrom = (given: SomeRules): QuotaRules => ({
  activeJobs: given.active_jobs ?? DEFAULT_RULES.active_jobs,
  jobsPerHour: given.jobs_per_hour ?? DEFAULT_RULES.jobs_per_hour,
  cpuSecondsPerMinute: given.cpu_seconds_per_minute ?? DEFAULT_RULES.cpu_seconds_per_minute,
  uploadBytesPerDay: given.upload_bytes_per_day ?? DEFAULT_RULES.upload_bytes_per_day,
});

/** The rules of a class of keys; those of the default one where there is no such class. */
export const rulesOfClass = (classes: QuotaClasses, name: string): QuotaRules =>
  rulesFrom({ ...fallbackOf(classes), ...declared(classes, name) });

/** The rules of strangers: what the class `anonymous` names, else what the settings of runs say. */
export const rulesOfStrangers = (classes: QuotaClasses, settings: QuotaRules): QuotaRules => {
  const given = declared(classes, ANONYMOUS_CLASS);
  return {
    activeJobs: given.active_jobs ?? settings.activeJobs,
    jobsPerHour: given.jobs_per_hour ?? settings.jobsPerHour,
    cpuSecondsPerMinute: given.cpu_seconds_per_minute ?? settings.cpuSecondsPerMinute,
    uploadBytesPerDay: given.upload_bytes_per_day ?? settings.uploadBytesPerDay,
  };
};

/** What one run may ask for in this class; null is the class of strangers. */
export const runLimitsOf = (classes: QuotaClasses, name: string | null): RunLimits => {
  const given =
    name === null
      ? declared(classes, ANONYMOUS_CLASS)
      : { ...declared(classes, DEFAULT_CLASS), ...declared(classes, name) };
  return {
    timeoutSeconds: given.max_timeout_seconds ?? null,
    memoryMb: given.max_memory_mb ?? null,
    cpuSeconds: given.max_cpu_seconds ?? null,
  };
};

/** Uploads of strangers a day, where their class names nothing. */
export const STRANGERS_UPLOAD_BYTES = 10 * GIB;
