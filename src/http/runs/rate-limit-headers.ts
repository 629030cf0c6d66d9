import type { QuotaUsage } from "../../domain/quota/quota.ts";

/** `RateLimit-Policy` and `RateLimit` fields (IETF draft "RateLimit header fields for HTTP"). */
export const rateLimitHeaders = (usage: QuotaUsage): Record<string, string> => {
  const { rules } = usage;
  const wait = usage.refusal === null ? "" : `;t=${usage.refusal.retryAfterSeconds}`;
  const left = (limit: number, used: number): number => Math.max(0, Math.floor(limit - used));
  return {
    "RateLimit-Policy":
      `"active";q=${rules.activeJobs}, "hour";q=${rules.jobsPerHour};w=3600, ` +
      `"cpu";q=${rules.cpuSecondsPerMinute};w=60`,
    RateLimit:
      `"active";r=${left(rules.activeJobs, usage.activeJobs)}${usage.refusal?.rule === "active_jobs" ? wait : ""}, ` +
      `"hour";r=${left(rules.jobsPerHour, usage.jobsLastHour)}${usage.refusal?.rule === "jobs_per_hour" ? wait : ""}, ` +
      `"cpu";r=${left(rules.cpuSecondsPerMinute, usage.usedCpuSeconds)}${usage.refusal?.rule === "cpu_seconds" ? wait : ""}`,
  };
};
