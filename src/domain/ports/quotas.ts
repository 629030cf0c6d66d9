import type { QuotaUsage } from "../quota/quota.ts";

export type QuotaGrant = { readonly granted: boolean; readonly usage: QuotaUsage };

export type Quotas = {
  reserve(clientKey: string, slot: string): Promise<QuotaGrant>;
  release(clientKey: string, slot: string): Promise<void>;
  settle(clientKey: string, slot: string, cpuSeconds: number): Promise<void>;
  usage(clientKey: string): Promise<QuotaUsage>;
};
