const BASE_MS = 100;
const CEILING_MS = 2_000;

/** A pause before try `failures` + 1: doubling from 100 ms to 2 s, half of it random. */
export const backoffMs = (failures: number, random: () => number = Math.random): number => {
  const full = Math.min(CEILING_MS, BASE_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.5 + random() / 2));
};

/** Resolves after a time, or at once when the signal fires. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
