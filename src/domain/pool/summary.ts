import { z } from "zod";

const QUANTILES = 64;

/**
 * What Workers know of the pool, at most 4 KiB; they read nothing else of it for `/stats`, `/health`,
 * `/environments` and positions.
 */
export const poolSummary = z.object({
  waiting: z.int(),
  held: z.int(),
  slots: z.int(),
  /** Whether something that waits, or comes now, finds no room. */
  isFull: z.boolean(),
  status: z.enum(["none", "starting", "joined"]),
  /** Of the executor that joined first. */
  workerId: z.string().nullable(),
  isolation: z.int().nullable(),
  accounting: z.string().nullable(),
  environments: z.array(z.string()),
  languages: z.array(z.string()),
  /** `createdAtMs` of waiting jobs: evenly spread over them by age, the oldest and the newest among them. */
  quantiles: z.array(z.int()),
  placedLastMinute: z.int(),
});
export type PoolSummary = z.infer<typeof poolSummary>;

/** At most `QUANTILES` of sorted instants, the first and the last included. */
export const quantilesOf = (sorted: readonly number[]): number[] => {
  if (sorted.length <= QUANTILES) return [...sorted];
  return Array.from({ length: QUANTILES }, (_none, index) => {
    const at = Math.round((index * (sorted.length - 1)) / (QUANTILES - 1));
    return sorted[at] ?? 0;
  });
};

/** The rank of an instant among the waiting jobs, the oldest's being 1: an estimate where many wait. */
export const rankOf = ({ waiting, quantiles }: PoolSummary, createdAtMs: number): number => {
  const older = quantiles.filter((instant) => instant < createdAtMs).length;
  return Math.floor((older * waiting) / Math.max(1, quantiles.length)) + 1;
};

/** The rank of an instant among those of all that wait, sorted, the oldest's being 1. */
export const placeAmong = (sorted: readonly number[], createdAtMs: number): number => {
  const younger = sorted.findIndex((instant) => instant >= createdAtMs);
  return (younger === -1 ? sorted.length : younger) + 1;
};

const LEAST_RETRY_SECONDS = 5;
const MOST_RETRY_SECONDS = 600;

/** When a tenth of what waits will have been placed at the pace of the last minute, in seconds. */
export const retryAfterSeconds = ({ waiting, placedLastMinute }: PoolSummary): number => {
  const seconds = placedLastMinute === 0 ? 60 : Math.ceil((waiting / 10 / placedLastMinute) * 60);
  return Math.min(MOST_RETRY_SECONDS, Math.max(LEAST_RETRY_SECONDS, seconds));
};
