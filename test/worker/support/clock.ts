import { vi } from "vitest";

/**
 * Moves the clock of Worker and objects, which share the test's isolate. workerd's own timers and alarms
 * stay where they are: an alarm is brought about with `runDurableObjectAlarm`.
 */
export const moveClock = (byMs: number): void => {
  const now = Date.now() + byMs;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(now);
  for (const tell of followers) tell();
};

const followers = new Set<() => void>();

/** Calls it whenever the clock was moved: whoever is to have been there all the time says so then. */
export const followClock = (tell: () => void): (() => void) => {
  followers.add(tell);
  return () => followers.delete(tell);
};

/** Holds the clock still, so that what is computed from it can be compared exactly. */
export const stopClock = (): void => moveClock(0);

export const restoreClock = (): void => {
  vi.useRealTimers();
};

const LONG_MS = 500;
/** From here on a timer is a time limit of someone, and not a delay that a test would wait for. */
const LIMIT_MS = 5_000;

/**
 * Makes the timers of Worker and objects that wait for half a second or more, but less than five, ring at once, and answers
 * how to take that back. An eviction waits for the object's timers, so tests with many of them are quick.
 */
export const hurryTimers = (): (() => void) => {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((callback: () => void, delayMs = 0) =>
    real(callback, delayMs >= LONG_MS && delayMs < LIMIT_MS ? 1 : delayMs)) as typeof setTimeout;
  return () => {
    globalThis.setTimeout = real;
  };
};
