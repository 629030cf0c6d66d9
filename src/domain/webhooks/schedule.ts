const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits between the attempts, the first of which is made at once. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** A wait is this much longer or shorter at most, so that what failed together does not come back together. */
const JITTER = 0.1;
/** A receiver may put an attempt off, but not for ever. */
export const LONGEST_RETRY_AFTER_MS = 24 * HOUR_MS;

/** RFC 9110 section 5.6.7, the one form that is still to be made: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** How long a `Retry-After` asks to wait, from now, in ms, at most a day; 0 where it says nothing usable. */
export const retryAfterMs = (header: string | null, now: number): number => {
  const text = header?.trim() ?? "";
  const askedMs = /^\d{1,9}$/.test(text)
    ? Number(text) * SECOND_MS
    : HTTP_DATE.test(text)
      ? Date.parse(text) - now
      : 0;
  return Number.isFinite(askedMs) ? Math.min(Math.max(askedMs, 0), LONGEST_RETRY_AFTER_MS) : 0;
};

/**
 * The wait after so many attempts, in ms, or null when the schedule is over. `random` is from [0, 1);
 * what the receiver asked for is a lower bound.
 */
export const retryDelayMs = (attemptsMade: number, random: number, askedMs: number): number | null => {
  const delayMs = RETRY_DELAYS_MS[attemptsMade - 1];
  if (delayMs === undefined) return null;
  return Math.max(Math.round(delayMs * (1 - JITTER + 2 * JITTER * random)), askedMs);
};
