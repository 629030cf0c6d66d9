import type { LogRecord } from "../wire/run-answers.ts";
import type {
  CaseFrame,
  CompileFrame,
  EndFrame,
  QueueFrame,
  SocketFrame,
  StatusFrame,
  UsageFrame,
} from "../wire/run-frames.ts";
import { SandpiperError, unreachable } from "./error.ts";
import { backoffMs, pause } from "./retry.ts";

export type LiveOptions = {
  /** Begin behind the record with this `seq`. */
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** Called with each case of a judged run when it has ended, in order and once. */
  readonly onCase?: (frame: CaseFrame) => void;
  /** Called when sockets do not open and Server-Sent Events are read instead; the error's cause says why. */
  readonly onFallback?: (reason: SandpiperError) => void;
  /** Cuts in a row, without news between them, after which it is given up; 20 by default. */
  readonly maxCuts?: number;
};

/** What a live log tells, in order: a record of the log, a compile step, a case, a change of state, what is used, its place in the queue, or the end. */
export type LiveEvent =
  | LogRecord
  | StatusFrame
  | CompileFrame
  | CaseFrame
  | UsageFrame
  | QueueFrame
  | EndFrame;

/** How a source's frames ended without the run's end: `refused` says that not even a greeting came. */
export type LiveEnd =
  | { readonly kind: "no_such_job" }
  | { readonly kind: "cut" | "refused"; readonly cause: unknown };

/** Opens a live log behind a record; gives its frames until it ends. */
export type LiveSource = (after: number, signal?: AbortSignal) => AsyncGenerator<SocketFrame, LiveEnd>;

/** With the waits between them, about three minutes without the service. */
const MAX_CUTS = 20;

const NO_CUT: LiveEnd = { kind: "cut", cause: null };

const noSuchJob = (): SandpiperError =>
  new SandpiperError("Job not found", { status: 404, code: "job_not_found" });

const noUpgrade = (cause: unknown): SandpiperError =>
  new SandpiperError("WebSockets do not pass here; the log is read as Server-Sent Events", {
    status: 0,
    code: "no_upgrade",
    cause,
  });

type Seen = { seq: number; version: number };

/** Notes a frame; false for one without news, such as the greeting of a socket that was opened again. */
const isNews = (frame: SocketFrame, seen: Seen): frame is LiveEvent => {
  if ("seq" in frame) {
    if (frame.seq <= seen.seq) return false;
    seen.seq = frame.seq;
    return true;
  }
  if (frame.type !== "status") return ["end", "usage", "queue"].includes(frame.type);
  if (frame.version <= seen.version) return false;
  seen.version = frame.version;
  return true;
};

/** A source's frames that bring news; returns how it ended, `isOver` with the run's end. */
async function* newsOf(
  frames: AsyncGenerator<SocketFrame, LiveEnd>,
  seen: Seen,
): AsyncGenerator<LiveEvent, { isOver: boolean; isOpen: boolean; end: LiveEnd }> {
  let isOpen = false;
  try {
    for (;;) {
      const { value, done } = await frames.next();
      if (done) return { isOver: false, isOpen, end: value };
      isOpen = true;
      if (!isNews(value, seen)) continue;
      yield value;
      if ("type" in value && value.type === "end") return { isOver: true, isOpen, end: NO_CUT };
    }
  } finally {
    await frames.return(NO_CUT);
  }
}

/**
 * Follows a run to its end over what `sockets` opens behind a given record, or, where no socket opens, over
 * `events`. What is cut is opened again behind the last record that came, so nothing is missed and nothing
 * comes twice.
 * @throws SandpiperError `job_not_found`, or `unreachable` after too many cuts in a row
 */
export async function* follow(
  sockets: LiveSource,
  events: LiveSource,
  { after = 0, signal, onCase, onFallback, maxCuts = MAX_CUTS }: LiveOptions,
): AsyncGenerator<LiveEvent, void> {
  const seen = { seq: after, version: 0 };
  let source = sockets;
  let cause: unknown = null;
  for (let cuts = 0; cuts < maxCuts; ) {
    signal?.throwIfAborted();
    const news = newsOf(source(seen.seq, signal), seen);
    let next = await news.next();
    try {
      for (; !next.done; next = await news.next()) {
        cuts = 0;
        if ("type" in next.value && next.value.type === "case") onCase?.(next.value);
        yield next.value;
      }
    } finally {
      await news.return({ isOver: true, isOpen: true, end: NO_CUT });
    }
    const { isOver, isOpen, end } = next.value;
    if (isOver) return;
    if (end.kind === "no_such_job") throw noSuchJob();
    cause = end.cause;
    if (end.kind === "refused") {
      source = events;
      onFallback?.(noUpgrade(cause));
      continue;
    }
    // Where neither passes, the service may be away for both: sockets are tried again first.
    if (!isOpen) source = sockets;
    cuts += 1;
    await pause(backoffMs(cuts), signal);
  }
  throw unreachable(new Error(`the live log was cut ${maxCuts} times in a row`, { cause }));
}
