import { proxyDurable } from "itty-durable";
import { z } from "zod";
import type { QuotaGrant, Quotas } from "../domain/ports/quotas.ts";
import { budgetOf } from "../domain/quota/network.ts";

const refusal = z.object({
  rule: z.enum(["active_jobs", "jobs_per_hour", "cpu_seconds", "upload_bytes", "refused_uploads"]),
  reason: z.string(),
  retryAfterSeconds: z.int(),
});
const usage = z.object({
  usedCpuSeconds: z.number(),
  rules: z.object({
    activeJobs: z.int(),
    jobsPerHour: z.int(),
    cpuSecondsPerMinute: z.int(),
    uploadBytesPerDay: z.int(),
  }),
  limitCpuSeconds: z.number(),
  availableCpuSeconds: z.number(),
  activeJobs: z.int(),
  jobsLastHour: z.int(),
  uploadBytesToday: z.int(),
  refusal: refusal.nullable(),
});
const tally = z.object({ sinceMs: z.int(), jobs: z.int(), cpuSeconds: z.number() });
const account = usage.extend({ hour: tally, month: tally });
const grant = z.object({ granted: z.boolean(), usage });
const done = z.object({ done: z.literal(true) });

const closed = z.object({ refusal: refusal.nullable() });

/** What itty-durable's proxy answers: JSON of whatever the method returned. A share is null for who has the budget alone. */
type QuotaProxy = {
  take(slot: string, share: string | null, uploadBytes: number): Promise<unknown>;
  hold(slot: string): Promise<unknown>;
  count(slot: string): Promise<unknown>;
  correct(slot: string, uploadBytes: number): Promise<unknown>;
  closed(share: string | null): Promise<unknown>;
  refuse(share: string | null): Promise<unknown>;
  release(slot: string): Promise<unknown>;
  settle(slot: string, cpuSeconds: number): Promise<unknown>;
  usage(share: string | null): Promise<unknown>;
  account(): Promise<unknown>;
};

/** The quota objects by their binding; each answer is parsed, as it comes from another isolate's JSON. */
export const durableQuotas = (namespace: DurableObjectNamespace): Quotas => {
  const objects = proxyDurable(namespace, { name: "QUOTA_OBJECT", parse: true });
  const of = (clientKey: string): { budget: QuotaProxy; share: string | null } => {
    const { object, share } = budgetOf(clientKey);
    return { budget: objects.get(object) as QuotaProxy, share };
  };
  return {
    take: async (clientKey, slot, uploadBytes = 0): Promise<QuotaGrant> => {
      const { budget, share } = of(clientKey);
      return grant.parse(await budget.take(slot, share, uploadBytes));
    },
    hold: async (clientKey, slot) => {
      done.parse(await of(clientKey).budget.hold(slot));
    },
    count: async (clientKey, slot): Promise<QuotaGrant> =>
      grant.parse(await of(clientKey).budget.count(slot)),
    correct: async (clientKey, slot, uploadBytes) => {
      done.parse(await of(clientKey).budget.correct(slot, uploadBytes));
    },
    uploadsClosed: async (clientKey) => {
      const { budget, share } = of(clientKey);
      return closed.parse(await budget.closed(share)).refusal;
    },
    refuseUpload: async (clientKey) => {
      const { budget, share } = of(clientKey);
      done.parse(await budget.refuse(share));
    },
    release: async (clientKey, slot) => {
      done.parse(await of(clientKey).budget.release(slot));
    },
    settle: async (clientKey, slot, cpuSeconds) => {
      done.parse(await of(clientKey).budget.settle(slot, cpuSeconds));
    },
    usage: async (clientKey) => {
      const { budget, share } = of(clientKey);
      return usage.parse(await budget.usage(share));
    },
    account: async (clientKey) => account.parse(await of(clientKey).budget.account()),
  };
};
