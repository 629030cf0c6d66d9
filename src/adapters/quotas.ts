import { proxyDurable } from "itty-durable";
import { z } from "zod";
import type { QuotaGrant, Quotas } from "../domain/ports/quotas.ts";

const refusal = z.object({
  rule: z.enum(["active_jobs", "jobs_per_hour", "cpu_seconds"]),
  reason: z.string(),
  retryAfterSeconds: z.int(),
});
const usage = z.object({
  usedCpuSeconds: z.number(),
  rules: z.object({ activeJobs: z.int(), jobsPerHour: z.int(), cpuSecondsPerMinute: z.int() }),
  limitCpuSeconds: z.number(),
  availableCpuSeconds: z.number(),
  activeJobs: z.int(),
  jobsLastHour: z.int(),
  refusal: refusal.nullable(),
});
const tally = z.object({ sinceMs: z.int(), jobs: z.int(), cpuSeconds: z.number() });
const account = usage.extend({ hour: tally, month: tally });
const grant = z.object({ granted: z.boolean(), usage });
const done = z.object({ done: z.literal(true) });

/** What itty-durable's proxy answers: JSON of whatever the method returned. */
type QuotaProxy = {
  reserve(slot: string): Promise<unknown>;
  take(slot: string): Promise<unknown>;
  release(slot: string): Promise<unknown>;
  settle(slot: string, cpuSeconds: number): Promise<unknown>;
  usage(): Promise<unknown>;
  account(): Promise<unknown>;
};

/** The quota objects by their binding; each answer is parsed, as it comes from another isolate's JSON. */
export const durableQuotas = (namespace: DurableObjectNamespace): Quotas => {
  const objects = proxyDurable(namespace, { name: "QUOTA_OBJECT", parse: true });
  const of = (clientKey: string): QuotaProxy => objects.get(clientKey) as QuotaProxy;
  return {
    reserve: async (clientKey, slot): Promise<QuotaGrant> => grant.parse(await of(clientKey).reserve(slot)),
    take: async (clientKey, slot): Promise<QuotaGrant> => grant.parse(await of(clientKey).take(slot)),
    release: async (clientKey, slot) => {
      done.parse(await of(clientKey).release(slot));
    },
    settle: async (clientKey, slot, cpuSeconds) => {
      done.parse(await of(clientKey).settle(slot, cpuSeconds));
    },
    usage: async (clientKey) => usage.parse(await of(clientKey).usage()),
    account: async (clientKey) => account.parse(await of(clientKey).account()),
  };
};
