import type { RunReport } from "../wire/run-answers.ts";
import { SandpiperError } from "./error.ts";
import { backoffMs, pause, type RetryPolicy } from "./retry.ts";
import type { CallOptions } from "./transport.ts";

export type WaitOptions = CallOptions & { readonly timeoutMs?: number };

/** What the service holds an answer back for at most. */
const LONGEST_WAIT_SECONDS = 60;
const DEFAULT_TIMEOUT_MS = 3_600_000;
/** An answer that is held back for a minute is one that gets lost on the way now and then. */
const RETRY: RetryPolicy = { tries: 8, maxWaitSeconds: 30 };

const hasRunEnded = ({ status }: RunReport): boolean => status === "completed" || status === "failed";

const timedOut = (timeoutMs: number): SandpiperError =>
  new SandpiperError(`It has not ended within ${timeoutMs} ms`, { status: 0, code: "timed_out" });

/** Asks once; the answer may be held back for so many seconds. */
export type Ask<T> = (options: CallOptions & { readonly waitSeconds: number }) => Promise<T>;

/**
 * Asks until what is asked for has ended; each question is answered when it ends or its wait is over, so
 * there is no polling. @throws SandpiperError `timed_out`; the work itself goes on
 */
export const waitUntil = async <T>(
  ask: Ask<T>,
  isOver: (answer: T) => boolean,
  { timeoutMs = DEFAULT_TIMEOUT_MS, ...call }: WaitOptions = {},
): Promise<T> => {
  const deadlineMs = performance.now() + timeoutMs;
  for (let early = 0; ; ) {
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw timedOut(timeoutMs);
    const waitSeconds = Math.min(LONGEST_WAIT_SECONDS, Math.ceil(leftMs / 1_000));
    const askedAtMs = performance.now();
    const answer = await ask({ retry: RETRY, ...call, waitSeconds });
    if (isOver(answer)) return answer;
    // A proxy that drops the preference makes every answer come at once, and some faces know none.
    const cameEarly = performance.now() - askedAtMs < (waitSeconds * 1_000) / 2;
    early = cameEarly ? early + 1 : 0;
    if (cameEarly)
      await pause(Math.min(backoffMs(early), Math.max(0, deadlineMs - performance.now())), call.signal);
  }
};

/** Waits for a run's end, however it ends. @throws SandpiperError `timed_out` */
export const waitForEnd = (ask: Ask<RunReport>, options: WaitOptions): Promise<RunReport> =>
  waitUntil(ask, hasRunEnded, options);
