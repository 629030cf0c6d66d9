import { vi } from "vitest";

/**
 * Moves the clock of Worker and objects, which share the test's isolate. workerd's own timers and alarms
 * stay where they are: an alarm is brought about with `runDurableObjectAlarm`.
 */
export const moveClock = (byMs: number): void => {
  const now = Date.now() + byMs;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(now);
};

/** Holds the clock still, so that what is computed from it can be compared exactly. */
export const stopClock = (): void => moveClock(0);

export const restoreClock = (): void => {
  vi.useRealTimers();
};

const LONG_MS = 500;

/**
 * Makes the timers of Worker and objects that wait for half a second or more ring at once, and answers
 * how to take that back. An eviction waits for the object's timers, so tests with many of them are quick.
 */
export const hurryTimers = (): (() => void) => {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((callback: () => void, delayMs = 0) =>
    real(callback, delayMs >= LONG_MS ? 1 : delayMs)) as typeof setTimeout;
  return () => {
    globalThis.setTimeout = real;
  };
};
