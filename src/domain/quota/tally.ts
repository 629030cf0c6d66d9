/** What was used in one span of the calendar (UTC), which began at `sinceMs`. */
export type Tally = { readonly sinceMs: number; readonly jobs: number; readonly cpuSeconds: number };
export type Tallies = { readonly hour: Tally; readonly month: Tally };

export type Spent = { readonly jobs?: number; readonly cpuSeconds?: number };

const HOUR_MS = 3_600_000;

const monthStart = (now: number, monthsOn = 0): number => {
  const at = new Date(now);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + monthsOn, 1);
};

const inSpan = (tally: Tally | undefined, sinceMs: number): Tally =>
  tally?.sinceMs === sinceMs ? tally : { sinceMs, jobs: 0, cpuSeconds: 0 };

/** The tallies as they are now: a span that is over is followed by an empty one. */
export const talliesAt = (tallies: Tallies | null, now: number): Tallies => ({
  hour: inSpan(tallies?.hour, now - (now % HOUR_MS)),
  month: inSpan(tallies?.month, monthStart(now)),
});

const plus = (tally: Tally, { jobs = 0, cpuSeconds = 0 }: Spent): Tally => ({
  ...tally,
  jobs: Math.max(0, tally.jobs + jobs),
  cpuSeconds: tally.cpuSeconds + cpuSeconds,
});

/** Adds to both spans; a job that is taken back counts -1. */
export const tallied = (tallies: Tallies | null, spent: Spent, now: number): Tallies => {
  const { hour, month } = talliesAt(tallies, now);
  return { hour: plus(hour, spent), month: plus(month, spent) };
};

/** When nothing of the tallies is told any more: the end of their month. */
export const talliesEndMs = (tallies: Tallies): number => monthStart(tallies.month.sinceMs, 1);
