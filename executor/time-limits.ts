import type { AttemptLimits } from "../src/wire/attempt.ts";
import type { TerminationReason } from "../src/wire/vocabulary.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";

/** A program that was killed is gone sooner; whatever holds the launcher up then costs it its outputs. */
const PROGRAM_GONE_MS = 200;

/** How a limit of time ends a program. */
export interface TimeRules {
  /** So long before the limit it is told to end by SIGTERM; at most half of the limit counts. */
  readonly graceMs: number;
  /** What it wrote is packed: everything is killed but the launcher. */
  readonly keepsOutputs: boolean;
}

/** What the limits act on. */
export interface TimeLimitEvents {
  /** Whether the program can still be ended for a reason. */
  isOpen(): boolean;
  /** The limit is the reason of the end, which the sandbox outlives. */
  settle(reason: TerminationReason): void;
  /** The limit ends the sandbox. */
  end(reason: TerminationReason): void;
}

/** The limits of time on one program, and the one timer that what happens before and after it shares. */
export const createTimeLimits = (
  sandbox: Sandbox,
  limits: AttemptLimits,
  { graceMs, keepsOutputs }: TimeRules,
  events: TimeLimitEvents,
) => {
  const wallGraceMs = Math.min(graceMs, limits.timeoutMs / 2);
  const cpuGraceMs = Math.min(graceMs, limits.cpuMs / 2);
  let timer: NodeJS.Timeout | undefined;
  let told: TerminationReason | null = null;
  const within = (durationMs: number, then: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(then, durationMs);
  };
  const end = (reason: TerminationReason): void => {
    if (!keepsOutputs) {
      events.end(reason);
      return;
    }
    if (!events.isOpen()) return;
    events.settle(reason);
    within(PROGRAM_GONE_MS, () => sandbox.kill());
    sandbox.signalProgram("SIGKILL");
  };
  const tell = (reason: TerminationReason, untilMs: number): void => {
    if (told !== null || !events.isOpen()) return;
    told = reason;
    within(untilMs, () => end(reason));
    sandbox.signalProgram("SIGTERM");
  };
  return {
    /** Sets the timer for something else, in place of what it was set for. */
    within,
    start: (): void =>
      within(limits.timeoutMs - wallGraceMs, () => {
        if (wallGraceMs > 0) tell("timeout_wall", wallGraceMs);
        else end("timeout_wall");
      }),
    lookAt: (figures: { readonly cpuUs: number; readonly wallTimeMs: number }): void => {
      const cpuMs = figures.cpuUs / 1_000;
      if (cpuMs > limits.cpuMs) end("timeout_cpu");
      else if (cpuGraceMs > 0 && cpuMs > limits.cpuMs - cpuGraceMs)
        tell("timeout_cpu", Math.min(graceMs, Math.max(0, limits.timeoutMs - figures.wallTimeMs)));
    },
    /** The limit that the program was told to end for. */
    told: (): TerminationReason | null => told,
    clear: (): void => clearTimeout(timer),
  };
};
