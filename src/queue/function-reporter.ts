import type { FunctionRun, JobHandle } from "../domain/ports/job-objects.ts";
import { LOG_FLUSH_MS, REPORT_EVENTS, REPORT_LOG_BYTES } from "../wire/limits.ts";
import type { AttemptEvent, FinishedEvent } from "../wire/report.ts";
import type { LogStream } from "../wire/vocabulary.ts";

/** A line is at most this long: half of what a report may carry, were every character two bytes. */
const LINE_CHARS = REPORT_LOG_BYTES / 8;
const FINISH_TRIES = 5;
const FINISH_RETRY_MS = 500;

/** Why a run must stop: the client asked, or another attempt has the job. */
export type StopSign = "cancelled" | "stale";

export type FunctionReporter = {
  started(): Promise<void>;
  log(stream: LogStream, text: string): void;
  /** Renews the lease, and learns whether to stop. */
  beat(): Promise<void>;
  /** Sends all that is left and the end. @throws what the job's object threw at the last try. */
  finish(event: Omit<FinishedEvent, "n" | "type">): Promise<void>;
};

type Unnumbered<T> = T extends { n: number } ? Omit<T, "n"> : never;

/** As many of the waiting events as one report takes. */
const batchOf = (waiting: readonly AttemptEvent[]): AttemptEvent[] => {
  const batch: AttemptEvent[] = [];
  let chars = 0;
  for (const event of waiting.slice(0, REPORT_EVENTS)) {
    chars += event.type === "log" ? event.data.length : 0;
    if (batch.length > 0 && chars > REPORT_LOG_BYTES / 4) break;
    batch.push(event);
  }
  return batch;
};

/** Reports a function's attempt to its job as an executor does: numbered events, each until it is taken. */
export const createFunctionReporter = (
  job: JobHandle,
  { attemptId, tokenHash }: FunctionRun,
  now: () => number,
  onStop: (sign: StopSign) => void,
): FunctionReporter => {
  let waiting: AttemptEvent[] = [];
  let count = 0;
  let isStale = false;
  let sending: Promise<void> = Promise.resolve();
  let timer: ReturnType<typeof setTimeout> | null = null;

  const add = (event: Unnumbered<AttemptEvent>): void => {
    count += 1;
    waiting.push({ ...event, n: count } as AttemptEvent);
  };
  const sendBatch = async (): Promise<void> => {
    if (isStale) return;
    const outcome = await job.report(attemptId, { token: null, tokenHash }, batchOf(waiting), null);
    if (outcome.kind === "gap") throw new Error("the job misses events that were taken before");
    if (outcome.kind === "accepted") {
      waiting = waiting.filter(({ n }) => n > outcome.acknowledged);
      if (outcome.cancel) onStop("cancelled");
      return;
    }
    isStale = true;
    waiting = [];
    onStop("stale");
  };
  /** One report at a time; a failed one is made up for by the next. */
  const send = (): Promise<void> => {
    sending = sending.then(sendBatch, sendBatch);
    return sending;
  };
  const sendAll = async (): Promise<void> => {
    do await send();
    while (waiting.length > 0 && !isStale);
  };
  return {
    started: () => {
      add({ type: "started", atMs: now() });
      return sendAll();
    },
    log: (stream, text) => {
      if (text === "") return;
      add({ type: "log", atMs: now(), stream, data: text.slice(0, LINE_CHARS) });
      timer ??= setTimeout(() => {
        timer = null;
        // Whatever fails here is sent again with the next heartbeat.
        send().catch(() => undefined);
      }, LOG_FLUSH_MS);
    },
    beat: () => send(),
    finish: async (event) => {
      if (timer !== null) clearTimeout(timer);
      add({ type: "finished", ...event });
      for (let tries = 1; ; tries += 1) {
        try {
          return await sendAll();
        } catch (error) {
          if (tries >= FINISH_TRIES) throw error;
          await new Promise((resolve) => setTimeout(resolve, FINISH_RETRY_MS * tries));
        }
      }
    },
  };
};
