import { setTimeout as delay } from "node:timers/promises";
import { StartError } from "./fatal.ts";

const pauseMs = 50;
const answerMs = 5_000;

const askOnce = async (url: string): Promise<{ isUp: boolean; text: string }> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    return { isUp: response.ok, text: await response.text() };
  } catch {
    // Refused or silent: it is not up yet, and the deadline decides how long that is fine.
    return { isUp: false, text: "" };
  }
};

/** What a Worker says whose variables or secrets are missing or wrong, by their names. */
const MISCONFIGURED = /The configuration is not complete\. .*/;

/**
 * Asks for a URL until it answers 2xx. False when that takes longer than allowed.
 * @throws StartError at once where the answer is that the configuration is wrong, which no waiting mends.
 */
export const answersWithin = async (url: string, timeoutMs: number): Promise<boolean> => {
  const deadlineMs = performance.now() + timeoutMs;
  while (performance.now() < deadlineMs) {
    const { isUp, text } = await askOnce(url);
    if (isUp) return true;
    const [misconfigured] = MISCONFIGURED.exec(text) ?? [];
    if (misconfigured !== undefined) throw new StartError(misconfigured);
    await delay(pauseMs);
  }
  return false;
};
