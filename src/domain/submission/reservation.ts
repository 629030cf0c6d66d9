import type { Quotas } from "../ports/quotas.ts";
import type { Tally } from "../ports/tally.ts";
import type { QuotaUsage } from "../quota/quota.ts";

/** Ends a submission from inside the reading of its body; caught where the submission is accepted. */
export class OverQuota extends Error {
  readonly usage: QuotaUsage;

  constructor(usage: QuotaUsage) {
    super("the client is over its quota");
    this.usage = usage;
  }
}

/** The slot of a submission that stores something before its job is made, which otherwise takes it. */
export type Reservation = {
  /** @throws OverQuota when a rule refuses; asked again it does nothing. */
  make(): Promise<void>;
  isMade(): boolean;
  /** Gives the slot back, as if the submission had never been made. */
  release(): Promise<void>;
};

export const createReservation = (
  { quotas, tally }: { quotas: Quotas; tally: Tally },
  clientKey: string,
  slot: string,
): Reservation => {
  let isMade = false;
  return {
    make: async () => {
      if (isMade) return;
      const { granted, usage } = await quotas.reserve(clientKey, slot);
      if (!granted) {
        tally("refusals", usage.refusal?.rule ?? "quota");
        throw new OverQuota(usage);
      }
      isMade = true;
    },
    isMade: () => isMade,
    release: () => quotas.release(clientKey, slot),
  };
};
