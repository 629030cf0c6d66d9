import type { Deps } from "../../deps/types.ts";
import { quotaSubjectOf } from "../../domain/access/caller.ts";
import { stats as statsAnswer } from "../../wire/service-answers.ts";
import type { RunOperation } from "./face.ts";
import { jsonResponse, named } from "./schemas.ts";

const statsSchema = named("Stats", statsAnswer);

export const stats = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/stats",
    operationId: "getStats",
    tags: ["runs"],
    summary: "What you have used of your quota, and how busy the service is",
    responses: { 200: jsonResponse("Quota and load", statsSchema) },
  },
  handle: async ({ c, caller }) => {
    const client = quotaSubjectOf(caller, c.req.header("cf-connecting-ip"));
    const [usage, load] = await Promise.all([deps.quotas.usage(client ?? "unknown"), deps.pool.summary()]);
    return c.json({
      your_quota: {
        used: usage.usedCpuSeconds,
        limit: usage.limitCpuSeconds,
        available: usage.availableCpuSeconds,
        active_jobs: usage.activeJobs,
        jobs_last_hour: usage.jobsLastHour,
        can_submit: usage.refusal === null,
        reason: usage.refusal?.reason ?? "",
        retry_after: usage.refusal?.retryAfterSeconds ?? null,
      },
      system: { queue_length: load.waiting, active_jobs: load.held },
    });
  },
});
