/** What is counted, and by what: an end is `<face> <end>`, the other labels are single words. */
export const COUNTED = [
  "jobs_ended",
  "leases_lost",
  "refusals",
  "webhook_deliveries",
  "container_starts",
  "effects_failed",
] as const;
export type Counted = (typeof COUNTED)[number];

/** Counts one of them. It is written in batches, and costs the caller neither time nor failure. */
export type Tally = (name: Counted, label: string) => void;

export type Count = { readonly name: string; readonly label: string; readonly value: number };
