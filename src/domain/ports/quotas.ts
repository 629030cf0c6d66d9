import type { QuotaUsage } from "../quota/quota.ts";
import type { Tallies } from "../quota/tally.ts";

export type QuotaGrant = { readonly granted: boolean; readonly usage: QuotaUsage };

export type Quotas = {
  /** Takes a slot for the ten minutes that a large upload may last; the job that comes of it takes it then. */
  reserve(clientKey: string, slot: string): Promise<QuotaGrant>;
  /** Takes a slot for as long as a job may live; granted again to who holds it. */
  take(clientKey: string, slot: string): Promise<QuotaGrant>;
  release(clientKey: string, slot: string): Promise<void>;
  settle(clientKey: string, slot: string, cpuSeconds: number): Promise<void>;
  usage(clientKey: string): Promise<QuotaUsage>;
  /** The usage of a key's owner, and what was used in this hour and month. */
  account(clientKey: string): Promise<QuotaUsage & Tallies>;
};
