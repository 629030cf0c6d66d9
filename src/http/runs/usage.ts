import type { Deps } from "../../deps/types.ts";
import { quotaSubjectOf } from "../../domain/access/caller.ts";
import { judgeOwnerKey } from "../../domain/quota/judge-key.ts";
import type { QuotaUsage } from "../../domain/quota/quota.ts";
import type { Tallies, Tally } from "../../domain/quota/tally.ts";
import { usage as usageAnswer } from "../../wire/holder-answers.ts";
import type { RunOperation } from "./face.ts";
import { withHolder } from "./holder.ts";
import { jsonResponse, named } from "./schemas.ts";

const usageSchema = named("Usage", usageAnswer);

const spent = ({ sinceMs, jobs, cpuSeconds }: Tally) => ({
  since: new Date(sinceMs).toISOString(),
  jobs,
  cpu_seconds: Math.round(cpuSeconds * 1_000) / 1_000,
});

const budgetOf = ({ rules, refusal, ...now }: QuotaUsage & Tallies) => ({
  active_jobs: { used: now.activeJobs, limit: rules.activeJobs },
  jobs_per_hour: { used: now.jobsLastHour, limit: rules.jobsPerHour },
  cpu_seconds_per_minute: { used: now.usedCpuSeconds, limit: rules.cpuSecondsPerMinute },
  can_submit: refusal === null,
  reason: refusal?.reason ?? "",
  retry_after: refusal?.retryAfterSeconds ?? null,
  hour: spent(now.hour),
  month: spent(now.month),
});

export const usage = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/usage",
    operationId: "getUsage",
    tags: ["runs"],
    summary: "What the owner of your key used: of the quota now, in this hour and in this month",
    description:
      "Runs and workload jobs count together, for each owner and quota class; `doors` is what came by the doors of " +
      "Judge0's and Piston's clients. `hour` and `month` are those of the calendar in UTC.",
    security: [{ bearerKey: [] }, { headerKey: [] }],
    responses: { 200: jsonResponse("Quota and usage", usageSchema) },
  },
  handle: withHolder(deps, async ({ c, caller }) => {
    const { owner, quotaClass } = caller;
    const [own, doors] = await Promise.all([
      deps.quotas.account(quotaSubjectOf(caller, null) ?? ""),
      deps.quotas.account(judgeOwnerKey(owner)),
    ]);
    c.header("Cache-Control", "private, no-store");
    return c.json({ owner, quota_class: quotaClass, ...budgetOf(own), doors: budgetOf(doors) });
  }),
});
