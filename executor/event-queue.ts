import type { CaseResult, CompileResult } from "../src/wire/judging.ts";
import { REPORT_EVENTS, REPORT_LOG_BYTES } from "../src/wire/limits.ts";
import type { AttemptEvent, FinishedEvent } from "../src/wire/report.ts";
import type { LogStream } from "../src/wire/vocabulary.ts";

/** One report is on its way and another's worth waits: the streams are not read further until it has shrunk. */
const HIGH_WATER_BYTES = 2 * REPORT_LOG_BYTES;
const HIGH_WATER_EVENTS = 2 * REPORT_EVENTS;
/** A single log event stays well below a report, so that batches fill up evenly. */
const EVENT_LOG_BYTES = 64 * 1024;

interface Item {
  readonly event: AttemptEvent;
  readonly logBytes: number;
}

export interface EventQueue {
  /** False when that was told before. */
  started(atMs: number): boolean;
  log(stream: LogStream, data: string, atMs: number): void;
  compiled(result: CompileResult, atMs: number): void;
  judged(result: CaseResult, atMs: number): void;
  finished(event: Omit<FinishedEvent, "n" | "type">): void;
  /** The next batch in order, not removed; sending it again is harmless. */
  batch(): readonly AttemptEvent[];
  /** Drops what is stored. False when `n` lies outside of what was ever sent. */
  acknowledge(n: number): boolean;
  isEmpty(): boolean;
  /** Whether waiting would not make the next report any larger. */
  holdsReport(): boolean;
  isFull(): boolean;
}

/** Cuts a text so that each part is at most `EVENT_LOG_BYTES` of UTF-8 and no character is torn. */
const parts = function* (text: string): Generator<string> {
  const step = Math.floor(EVENT_LOG_BYTES / 3); // a UTF-16 unit takes up to three bytes
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + step);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    yield text.slice(at, end);
    at = end;
  }
};

/**
 * An attempt's events, numbered from 1 without gaps. Log text joins the last event while that has not been
 * handed out, so that a chatty program makes few events.
 */
export const createEventQueue = (): EventQueue => {
  let items: Item[] = [];
  let lastNumber = 0;
  let handedOut = 0;
  let queuedBytes = 0;

  const add = (event: AttemptEvent, logBytes = 0): void => {
    lastNumber = event.n;
    queuedBytes += logBytes;
    items.push({ event, logBytes });
  };
  const join = (stream: LogStream, data: string, dataBytes: number): boolean => {
    const last = items.at(-1);
    if (last?.event.type !== "log" || last.event.stream !== stream || last.event.n <= handedOut) return false;
    const logBytes = last.logBytes + dataBytes;
    if (logBytes > EVENT_LOG_BYTES) return false;
    items[items.length - 1] = { event: { ...last.event, data: last.event.data + data }, logBytes };
    queuedBytes += dataBytes;
    return true;
  };

  return {
    started: (atMs) => {
      if (lastNumber > 0) return false;
      add({ n: 1, type: "started", atMs });
      return true;
    },
    log: (stream, text, atMs) => {
      for (const data of parts(text)) {
        const bytes = Buffer.byteLength(data);
        if (!join(stream, data, bytes)) add({ n: lastNumber + 1, type: "log", atMs, stream, data }, bytes);
      }
    },
    compiled: (result, atMs) =>
      add({ n: lastNumber + 1, type: "compiled", atMs, ...result }, Buffer.byteLength(result.output)),
    judged: (result, atMs) =>
      add({ n: lastNumber + 1, type: "case", atMs, ...result }, result.stdout.length + result.stderr.length),
    finished: (event) => add({ n: lastNumber + 1, type: "finished", ...event }),
    batch: () => {
      let bytes = 0;
      const fits = ({ logBytes }: Item, index: number): boolean => {
        bytes += logBytes;
        // One case's output may be more than a report's worth: it goes alone.
        return index === 0 || (index < REPORT_EVENTS && bytes <= REPORT_LOG_BYTES);
      };
      const end = items.findIndex((item, index) => !fits(item, index));
      const events = items.slice(0, end === -1 ? items.length : end).map(({ event }) => event);
      handedOut = Math.max(handedOut, events.at(-1)?.n ?? 0);
      return events;
    },
    acknowledge: (n) => {
      const first = items[0]?.event.n ?? lastNumber + 1;
      if (n > handedOut || n < first - 1) return false;
      queuedBytes -= items.slice(0, n - first + 1).reduce((sum, { logBytes }) => sum + logBytes, 0);
      items = items.slice(n - first + 1);
      return true;
    },
    isEmpty: () => items.length === 0,
    holdsReport: () => queuedBytes >= REPORT_LOG_BYTES || items.length >= REPORT_EVENTS,
    isFull: () => queuedBytes >= HIGH_WATER_BYTES || items.length >= HIGH_WATER_EVENTS,
  };
};
