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
