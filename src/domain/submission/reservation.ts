import type { Quotas } from "../ports/quotas.ts";
import type { QuotaUsage } from "../quota/quota.ts";

/** Ends a submission from inside the reading of its body; caught where the submission is accepted. */
export class OverQuota extends Error {
  readonly usage: QuotaUsage;

  constructor(usage: QuotaUsage) {
    super("the client is over its quota");
    this.usage = usage;
  }
}

/** A submission's slot: taken as late as possible, but before anything of it is stored. */
export type Reservation = {
  /** @throws OverQuota when a rule refuses; asked again it answers as before. */
  take(): Promise<QuotaUsage>;
  isTaken(): boolean;
  /** Gives the slot back, as if the submission had never been made. */
  release(): Promise<void>;
};

export const createReservation = (quotas: Quotas, clientKey: string, slot: string): Reservation => {
  let taken: QuotaUsage | null = null;
  return {
    take: async () => {
      if (taken !== null) return taken;
      const { granted, usage } = await quotas.reserve(clientKey, slot);
      if (!granted) throw new OverQuota(usage);
      taken = usage;
      return usage;
    },
    isTaken: () => taken !== null,
    release: () => quotas.release(clientKey, slot),
  };
};
