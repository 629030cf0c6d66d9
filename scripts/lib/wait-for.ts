import { setTimeout as delay } from "node:timers/promises";

const pauseMs = 50;
const answerMs = 5_000;

/** Asks for a URL until it answers 2xx. False when that takes longer than allowed. */
export const answersWithin = async (url: string, timeoutMs: number): Promise<boolean> => {
  const deadlineMs = performance.now() + timeoutMs;
  while (performance.now() < deadlineMs) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
      await response.body?.cancel();
      if (response.ok) return true;
    } catch {
      // Refused or silent: it is not up yet, and the deadline decides how long that is fine.
    }
    await delay(pauseMs);
  }
  return false;
};
