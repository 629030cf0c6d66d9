import type { CaseResult, CompileResult } from "../src/wire/judging.ts";
import { HEARTBEAT_MS, LEASE_MS, LOG_FLUSH_MS } from "../src/wire/limits.ts";
import type { AttemptEvent, FinishedEvent, ReportAccepted } from "../src/wire/report.ts";
import type { LogStream } from "../src/wire/vocabulary.ts";
import { backoffMs } from "./backoff.ts";
import { createEventQueue } from "./event-queue.ts";
import type { Answer, AttemptUsage, ReportClient } from "./report-client.ts";

/** The first report claims the job, so it does not wait for the program where that takes long to start. */
const CLAIM_MS = 1_000;
/** Waits this long for a first output to ride along with. */
const STARTED_ALONE_MS = 50;
/** The first output waits this long for the program's end, which often follows on its heels. */
const FIRST_LOG_MS = 4;
/** Once the program has exited, its result is a few ms away. */
const AFTER_EXIT_MS = 25;
/** Nothing was heard from the Worker for this long: another attempt has the job by now. */
const LOST_MS = 2 * LEASE_MS;

/** `cancel`: the Worker asks to kill the program. `gone`: nobody waits for this attempt's reports any more. */
export type ReporterSignal = "cancel" | "gone";

export interface Reporter {
  /** The job has begun to be worked on; told once, however many steps it has. */
  started(atMs: number): void;
  log(stream: LogStream, text: string, atMs: number): void;
  compiled(result: CompileResult): void;
  judged(result: CaseResult): void;
  /** The program has exited: hold back what has not been sent for a moment, for the result to join. */
  exited(): void;
  /** Sends the result; settles true when it is stored, false when nobody wants it. */
  finish(event: Omit<FinishedEvent, "n" | "type">): Promise<boolean>;
  /** Whether more log text would only pile up. */
  isFull(): boolean;
}

export interface ReporterEvents {
  /** What the attempt has used so far; each report carries it, for the case that no result follows. */
  usage(): AttemptUsage;
  onSignal(signal: ReporterSignal): void;
  /** The queue has shrunk below its mark. */
  onDrained(): void;
}

/** The one moment at which something is to be sent next. */
const createAlarm = (ring: () => void) => {
  let timer: NodeJS.Timeout | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  const set = (atMs: number): void => {
    dueMs = atMs;
    clearTimeout(timer);
    timer = setTimeout(ring, Math.max(0, dueMs - Date.now()));
  };
  return {
    set,
    setIfSooner: (atMs: number): void => {
      if (atMs < dueMs) set(atMs);
    },
    clear: (): void => clearTimeout(timer),
  };
};

/** A large report on a slow line takes longer than the lease bears without a word: heartbeats go beside it. */
const sendWithHeartbeats = async (
  client: ReportClient,
  batch: readonly AttemptEvent[],
  usage: () => AttemptUsage,
) => {
  const beside = setInterval(() => void client.events([], usage()), HEARTBEAT_MS);
  const answer = await client.events(batch, usage());
  clearInterval(beside);
  return answer;
};

/**
 * Sends an attempt's events: one report at a time, the first log at once and later ones every LOG_FLUSH_MS
 * or as soon as there is a report's worth, a heartbeat when there is nothing else. What fails is sent again
 * until the lease is lost.
 */
export const createReporter = (client: ReportClient, events: ReporterEvents): Reporter => {
  const queue = createEventQueue();
  const ending = Promise.withResolvers<boolean>();
  const alarm = createAlarm(() => void send());
  let inFlight = false;
  let closed = false;
  let finishing = false;
  let hasSentLog = false;
  let failures = 0;
  let lastSentMs = 0;
  let lastHeardMs = Date.now();

  const close = (stored: boolean): void => {
    if (closed) return;
    closed = true;
    alarm.clear();
    ending.resolve(stored);
    if (!stored) events.onSignal("gone");
  };
  /** While a report is under way its answer plans the next; after a failure the backoff does. */
  const isPlanned = (): boolean => inFlight || closed || failures > 0;
  const dueWithin = (ms: number): void => {
    if (!isPlanned()) alarm.setIfSooner(Date.now() + ms);
  };
  const planNext = (): void => {
    if (queue.isEmpty()) alarm.set(lastSentMs + HEARTBEAT_MS);
    else alarm.set(finishing || queue.holdsReport() ? Date.now() : lastSentMs + LOG_FLUSH_MS);
  };

  const onAccepted = ({ acknowledged, cancel }: ReportAccepted): void => {
    const wasFull = queue.isFull();
    if (!queue.acknowledge(acknowledged)) {
      onUnavailable();
      return;
    }
    failures = 0;
    lastHeardMs = Date.now();
    if (cancel) events.onSignal("cancel");
    if (wasFull && !queue.isFull()) events.onDrained();
    if (finishing && queue.isEmpty()) close(true);
    else planNext();
  };
  const onUnavailable = (): void => {
    failures += 1;
    if (Date.now() - lastHeardMs > LOST_MS) close(false);
    else alarm.set(Date.now() + backoffMs(failures));
  };
  const onAnswer = (answer: Answer<ReportAccepted>): void => {
    const canGoOn = answer.kind === "gap" && queue.acknowledge(answer.expected - 1);
    if (answer.kind === "accepted") onAccepted(answer.value);
    else if (answer.kind === "unavailable" || canGoOn) onUnavailable();
    else close(false);
  };
  const send = async (): Promise<void> => {
    if (inFlight || closed) return;
    alarm.clear();
    inFlight = true;
    const batch = queue.batch();
    hasSentLog ||= batch.some(({ type }) => type === "log");
    lastSentMs = Date.now();
    const answer = await sendWithHeartbeats(client, batch, events.usage);
    inFlight = false;
    if (!closed) onAnswer(answer);
  };

  alarm.set(Date.now() + CLAIM_MS);
  return {
    started: (atMs) => {
      if (queue.started(atMs)) dueWithin(STARTED_ALONE_MS);
    },
    log: (stream, text, atMs) => {
      queue.log(stream, text, atMs);
      if (queue.holdsReport()) dueWithin(0);
      else dueWithin(hasSentLog ? lastSentMs + LOG_FLUSH_MS - Date.now() : FIRST_LOG_MS);
    },
    compiled: (result) => {
      queue.compiled(result, Date.now());
      dueWithin(LOG_FLUSH_MS);
    },
    judged: (result) => {
      queue.judged(result, Date.now());
      dueWithin(queue.holdsReport() ? 0 : LOG_FLUSH_MS);
    },
    exited: () => {
      if (!isPlanned() && !queue.isEmpty()) alarm.set(Date.now() + AFTER_EXIT_MS);
    },
    finish: (event) => {
      finishing = true;
      queue.finished(event);
      if (!isPlanned()) void send();
      return ending.promise;
    },
    isFull: () => queue.isFull(),
  };
};
