const GIVE_UP_MS = 20_000;
const POLL_MS = 2;

/**
 * Looks again and again until there is something, and answers it; fails after twenty seconds. Polling is
 * the way here, because workerd wakes no promise across requests. It measures by the clock that tests do
 * not move.
 */
export const eventually = async <T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> => {
  const giveUpAtMs = performance.now() + GIVE_UP_MS;
  do {
    const found = await look();
    if (found !== null) return found;
    await scheduler.wait(POLL_MS);
  } while (performance.now() < giveUpAtMs);
  throw new Error(`there was never ${what}`);
};

/** Waits until a check holds. */
export const until = (what: string, holds: () => Promise<boolean> | boolean): Promise<true> =>
  eventually(what, async () => ((await holds()) ? true : null));
