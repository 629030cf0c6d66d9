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

const isOver = ({ status }: RunReport): boolean => status === "completed" || status === "failed";

const timedOut = (timeoutMs: number): SandpiperError =>
  new SandpiperError(`The run has not ended within ${timeoutMs} ms`, { status: 0, code: "timed_out" });

/**
 * Asks for a run's report until it has ended; each question is answered when the run ends or its wait is
 * over, so there is no polling. @throws SandpiperError `timed_out`; the run goes on
 */
export const waitForEnd = async (
  ask: (options: CallOptions & { readonly waitSeconds: number }) => Promise<RunReport>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, ...call }: WaitOptions,
): Promise<RunReport> => {
  const deadlineMs = performance.now() + timeoutMs;
  for (let early = 0; ; ) {
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw timedOut(timeoutMs);
    const waitSeconds = Math.min(LONGEST_WAIT_SECONDS, Math.ceil(leftMs / 1_000));
    const askedAtMs = performance.now();
    const report = await ask({ retry: RETRY, ...call, waitSeconds });
    if (isOver(report)) return report;
    // A proxy that drops the preference makes every answer come at once.
    const cameEarly = performance.now() - askedAtMs < (waitSeconds * 1_000) / 2;
    early = cameEarly ? early + 1 : 0;
    if (cameEarly) await pause(backoffMs(early), call.signal);
  }
};
