import { SandpiperError } from "./error.ts";

export type RetryPolicy = {
  /** Tries in all; 1 asks once. */
  readonly tries: number;
  /** A wait longer than this, also one that the service asks for, is given up instead. */
  readonly maxWaitSeconds: number;
};

export const NO_RETRY: RetryPolicy = { tries: 1, maxWaitSeconds: 0 };

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;

/** A wait that doubles with each failure, half of it random so that clients do not come back in step. */
export const backoffMs = (failures: number): number => {
  const wholeMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
  return wholeMs / 2 + (Math.random() * wholeMs) / 2;
};

/** Waits; an abort ends the wait with the signal's reason. */
export const pause = (durationMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, durationMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });

/** Whether the same request may pass later: refused for now, still being made, or lost on the way. */
const isPassing = ({ code, status }: SandpiperError): boolean =>
  code === "unreachable" || code === "request_in_flight" || [429, 502, 503, 504].includes(status);

/** Calls `attempt` until it succeeds or the policy ends; every request of this client can be repeated. */
export const withRetry = async <T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<T> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SandpiperError) || !isPassing(error) || tried >= policy.tries) throw error;
      const waitMs = error.retryAfterSeconds === null ? backoffMs(tried) : error.retryAfterSeconds * 1_000;
      if (waitMs > policy.maxWaitSeconds * 1_000) throw error;
      await pause(waitMs, signal);
    }
  }
};
