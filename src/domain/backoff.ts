const FIRST_MS = 5_000;
const LONGEST_MS = 10 * 60_000;
const JITTER = 0.2;

/**
 * How long to wait before what failed `failures` times in a row is tried again, in ms: 5 s at first, twice
 * as long each time, 10 minutes at most, a fifth longer or shorter. `random` is from [0, 1).
 */
export const retryDelayMs = (failures: number, random: number): number => {
  const delayMs = Math.min(FIRST_MS * 2 ** Math.min(Math.max(failures - 1, 0), 20), LONGEST_MS);
  return Math.min(Math.round(delayMs * (1 - JITTER + 2 * JITTER * random)), LONGEST_MS);
};
