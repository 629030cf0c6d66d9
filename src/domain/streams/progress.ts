/** A watcher that has taken nothing for this long is let go; it may come back and resume. */
export const STALL_MS = 30_000;

/** Where a lagging watcher stood when it last took something. */
export type Progress = { readonly after: number; readonly unsentBytes: number; readonly sinceMs: number };

/** A watcher's progress after another look: the old instant stays as long as nothing has moved. */
export const progressOf = (
  before: Progress | undefined,
  after: number,
  unsentBytes: number,
  now: number,
): Progress =>
  before !== undefined && before.after === after && unsentBytes >= before.unsentBytes
    ? before
    : { after, unsentBytes, sinceMs: now };

export const isStalled = (progress: Progress, now: number): boolean => now - progress.sinceMs >= STALL_MS;
