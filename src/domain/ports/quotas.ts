import type { QuotaRefusal, QuotaUsage } from "../quota/quota.ts";
import type { Tallies } from "../quota/tally.ts";

export type QuotaGrant = { readonly granted: boolean; readonly usage: QuotaUsage };

export type Quotas = {
  /** Takes a slot for as long as a submission may last; granted again to who holds it. */
  take(clientKey: string, slot: string, uploadBytes?: number): Promise<QuotaGrant>;
  /** Keeps the slot of a job that is there for as long as it may live; one that is settled gets none. */
  hold(clientKey: string, slot: string): Promise<void>;
  /** Counts a job that holds no slot among those of the hour; one that is counted already is granted again. */
  count(clientKey: string, slot: string): Promise<QuotaGrant>;
  /** Sets what a job uploaded in place of what it might have. */
  correct(clientKey: string, slot: string, uploadBytes: number): Promise<void>;
  /** Why a large upload would be read for nothing now; null where one may come. */
  uploadsClosed(clientKey: string): Promise<QuotaRefusal | null>;
  /** Counts a large upload that was read and refused. */
  refuseUpload(clientKey: string): Promise<void>;
  release(clientKey: string, slot: string): Promise<void>;
  settle(clientKey: string, slot: string, cpuSeconds: number): Promise<void>;
  usage(clientKey: string): Promise<QuotaUsage>;
  /** The usage of a key's owner, and what was used in this hour and month. */
  account(clientKey: string): Promise<QuotaUsage & Tallies>;
};
