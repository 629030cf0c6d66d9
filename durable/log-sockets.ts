import { z } from "zod";
import { upgraded } from "../src/adapters/refused-socket.ts";
import type { LogRecord } from "../src/domain/job/log-book.ts";
import type { LogSlice } from "../src/domain/job/log-pages.ts";
import type { JobSnapshot } from "../src/domain/job/record.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import type { StreamMode } from "../src/domain/ports/job-objects.ts";
import { schemaOf } from "../src/domain/stored.ts";
import {
  endFrames,
  greetingFrames,
  pingFrame,
  queueFrame,
  recordFrames,
  statusFrames,
  usageFrame,
} from "../src/domain/streams/frames.ts";
import { PING_MS } from "../src/domain/streams/ping.ts";
import { isStalled, type Progress, progressOf } from "../src/domain/streams/progress.ts";
import { SOCKET_CLOSE } from "../src/wire/log-socket.ts";
import type { ReportedUsage } from "../src/wire/report.ts";
import { logStream } from "../src/wire/vocabulary.ts";
import { closeUnreadable } from "./readable-sockets.ts";

/** Log text read for a watcher at a time. */
const SLICE_BYTES = 32 * 1024;
/** What may wait unsent in all sockets together, and at least for one of them. */
const UNSENT_TOTAL_BYTES = 32 * 1024 * 1024;
const UNSENT_LEAST_BYTES = 32 * 1024;
const UNSENT_MOST_BYTES = 256 * 1024;
/** Sent in one turn; then others get theirs, above all the executor's reports. */
const TURN_BYTES = 1024 * 1024;
/** The platform tells of no drained socket, so those that lag are looked at again this often. */
const LAG_POLL_MS = 20;

/** Watchers only listen: a few messages do no harm, a stream of them keeps the object awake for nothing. */
const HEARD_MOST = 100;

/** How long a program runs before watchers are told what it uses, and then how often at most. */
const USAGE_MS = 1_000;

/** Of one job. */
const WATCHERS = 1_000;

const watcherState = z.object({
  mode: z.enum(["text", "lines", "escaped", "typed"]),
  /** Number of the last record that the watcher was sent. */
  after: z.int(),
  /** Stream of that record, for the markers where it changes. */
  stream: logStream,
  /** Messages that came from the watcher. */
  heard: z.int().default(0),
  /** Id of the key that it was opened with. */
  keyId: z.string().optional(),
});
type WatcherState = z.infer<typeof watcherState>;
const watcherSchema = schemaOf<WatcherState>("a watcher's socket");

/** What the sockets show: the job as it is now, and pieces of its stored log. */
export type LogSource = {
  snapshot(): JobSnapshot | null;
  slice(after: number, maxBytes: number): LogSlice;
};

const stateOf = (socket: WebSocket): WatcherState =>
  watcherState.parse(watcherSchema.read(socket.deserializeAttachment()));

const attach = (socket: WebSocket, state: WatcherState): void =>
  socket.serializeAttachment(watcherSchema.stamp(state));

/** Takes a message of a watcher's, which has no meaning; one who goes on is closed. */
export const hear = (socket: WebSocket): void => {
  const state = stateOf(socket);
  const heard = state.heard + 1;
  attach(socket, { ...state, heard });
  if (heard > HEARD_MOST) socket.close(1008, "this socket only sends");
};

/** Pieces of the log and their frames, made once for all watchers that stand at the same place in a turn. */
class Slices {
  readonly #source: LogSource;
  readonly #slices = new Map<number, LogSlice>();
  readonly #frames = new Map<string, readonly string[]>();
  sentBytes = 0;

  constructor(source: LogSource) {
    this.#source = source;
  }

  at(after: number): LogSlice {
    let slice = this.#slices.get(after);
    if (slice === undefined) {
      slice = this.#source.slice(after, SLICE_BYTES);
      this.#slices.set(after, slice);
    }
    return slice;
  }

  framesFor({ mode, after, stream }: WatcherState): { frames: readonly string[]; last: LogRecord } {
    const { records } = this.at(after);
    const last = records.at(-1);
    if (last === undefined) throw new Error("there is nothing to send");
    const key = `${mode} ${after} ${stream}`;
    const frames = this.#frames.get(key) ?? recordFrames(mode, records, stream);
    this.#frames.set(key, frames);
    this.sentBytes += frames.reduce((total, frame) => total + frame.length, 0);
    return { frames, last };
  }
}

/** How one watcher stands after its part of a turn. */
type Standing = "caught_up" | "has_more" | "lagging";

/**
 * The job's watchers. Each one's place in the log is its socket's attachment, so it survives
 * hibernation; what it has not been sent yet stays in storage, so a slow one costs no memory. They are
 * served in turns, so that however many there are, the job's reports are never held up.
 */
export class LogSockets {
  readonly #ctx: DurableObjectState;
  readonly #source: LogSource;
  readonly #now: () => number;
  #usageAtMs = 0;
  #keysLookedAtMs = 0;
  readonly #progress = new WeakMap<WebSocket, Progress>();
  /** When a socket was last sent something; one of before a hibernation counts as quiet. */
  readonly #sentAtMs = new WeakMap<WebSocket, number>();
  /** Watchers that may have more to get in this round. */
  #waiting: WebSocket[] = [];
  /** Takes back the next turn where it only waits for lagging watchers; null when none is due. */
  #next: { readonly cancel: (() => void) | null } | null = null;

  constructor(ctx: DurableObjectState, source: LogSource, now: () => number) {
    this.#ctx = ctx;
    this.#source = source;
    this.#now = now;
    closeUnreadable(ctx.getWebSockets(), stateOf);
  }

  /** Greets a new watcher and starts to send it the log behind `after`. */
  accept(mode: StreamMode, after: number, snapshot: JobSnapshot, keyId: string | null = null): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    attach(server, { mode, after, stream: "stdout", heard: 0, ...(keyId === null ? {} : { keyId }) });
    this.#send(server, greetingFrames(mode, snapshot));
    this.pump();
    return upgraded(client, mode);
  }

  /** Tells every watcher of a change of state. */
  status(snapshot: JobSnapshot): void {
    for (const socket of this.#open()) this.#send(socket, statusFrames(stateOf(socket).mode, snapshot));
  }

  /** Tells those who read frames what the program has used so far; nothing of it is stored. */
  usage(usage: ReportedUsage, startedAtMs: number): void {
    const now = this.#now();
    if (now - Math.max(this.#usageAtMs, startedAtMs) < USAGE_MS) return;
    this.#usageAtMs = now;
    const frame = usageFrame(usage, now - startedAtMs);
    for (const socket of this.#open()) if (stateOf(socket).mode === "typed") this.#send(socket, [frame]);
  }

  /** Tells those who read frames how many stand before the job; nothing of it is stored. */
  queued(position: number): void {
    const frame = queueFrame(position);
    for (const socket of this.#open()) if (stateOf(socket).mode === "typed") this.#send(socket, [frame]);
  }

  /** Whether no further watcher is taken. */
  get isFull(): boolean {
    return this.#open().length >= WATCHERS;
  }

  get isWatched(): boolean {
    return this.#open().length > 0;
  }

  /** Whether somebody reads frames, and not text alone. */
  get isFollowed(): boolean {
    return this.#open().some((socket) => stateOf(socket).mode === "typed");
  }

  /** Keeps the connections of watchers open that have been sent nothing for a while. */
  ping(): void {
    const snapshot = this.#source.snapshot();
    if (snapshot === null || isTerminal(snapshot.state)) return;
    const quietSinceMs = this.#now() - PING_MS;
    for (const socket of this.#open()) {
      if ((this.#sentAtMs.get(socket) ?? 0) > quietSinceMs) continue;
      this.#send(socket, [pingFrame(stateOf(socket).mode, snapshot)]);
    }
  }

  /** Sends the watchers what is new: as much as a turn allows at once, the rest in further turns. */
  pump(): void {
    this.#waiting = this.#open();
    if (this.#next !== null && this.#next.cancel === null) return;
    this.#next?.cancel?.();
    this.#turn();
  }

  /** Closes what was opened with a key that may not be used any more; looks at most once between two pings. */
  async endRefused(isKeyGood: (keyId: string) => Promise<boolean>): Promise<void> {
    const now = this.#now();
    if (now - this.#keysLookedAtMs < PING_MS) return;
    this.#keysLookedAtMs = now;
    const sockets = this.#open().map((socket) => ({ socket, keyId: stateOf(socket).keyId }));
    for (const keyId of new Set(sockets.map((one) => one.keyId))) {
      if (keyId === undefined || (await isKeyGood(keyId))) continue;
      for (const one of sockets)
        if (one.keyId === keyId) one.socket.close(SOCKET_CLOSE.keyEnded, "the key may not be used any more");
    }
  }

  /** The job is gone: nothing more will come. */
  closeAll(): void {
    for (const socket of this.#open()) socket.close(4404, "job deleted");
  }

  #turn(): void {
    this.#next = null;
    const snapshot = this.#source.snapshot();
    if (snapshot === null) return;
    const slices = new Slices(this.#source);
    const unsentBytes = this.#unsentAllowance();
    const again: WebSocket[] = [];
    let isLagging = false;
    while (slices.sentBytes < TURN_BYTES) {
      const socket = this.#waiting.shift();
      if (socket === undefined) break;
      const standing = this.#advance(socket, snapshot, slices, unsentBytes);
      if (standing === "has_more") this.#waiting.push(socket);
      if (standing !== "lagging") continue;
      isLagging = true;
      again.push(socket);
    }
    const hasMore = this.#waiting.length > 0;
    this.#waiting.push(...again);
    if (hasMore || isLagging) this.#turnLater(hasMore ? 0 : LAG_POLL_MS);
  }

  /** Sends one watcher its next slice, if it can take one. */
  #advance(socket: WebSocket, snapshot: JobSnapshot, slices: Slices, unsentBytes: number): Standing {
    if (socket.readyState !== WebSocket.OPEN) return "caught_up";
    const state = stateOf(socket);
    const { records, next } = slices.at(state.after);
    if (records.length === 0) return this.#atEnd(socket, state.mode, next, snapshot);
    if (socket.bufferedAmount > unsentBytes) return this.#hold(socket, state);
    const { frames, last } = slices.framesFor(state);
    this.#send(socket, frames);
    attach(socket, { ...state, after: last.seq, stream: last.stream });
    return "has_more";
  }

  #atEnd(socket: WebSocket, mode: StreamMode, lastSeq: number, snapshot: JobSnapshot): Standing {
    this.#progress.delete(socket);
    if (isTerminal(snapshot.state)) {
      this.#send(socket, endFrames(mode, snapshot, lastSeq));
      socket.close(1000, snapshot.result?.truncated ? "end of log, truncated" : "end of log");
    }
    return "caught_up";
  }

  /** Lets a watcher lag, until it has taken nothing for too long. */
  #hold(socket: WebSocket, state: WatcherState): Standing {
    const progress = progressOf(this.#progress.get(socket), state.after, socket.bufferedAmount, this.#now());
    this.#progress.set(socket, progress);
    if (!isStalled(progress, this.#now())) return "lagging";
    socket.close(1013, `too slow; resume with after=${state.after}`);
    return "caught_up";
  }

  #send(socket: WebSocket, frames: readonly string[]): void {
    for (const frame of frames) socket.send(frame);
    if (frames.length > 0) this.#sentAtMs.set(socket, this.#now());
  }

  #turnLater(delayMs: number): void {
    const timer = setTimeout(() => this.#turn(), delayMs);
    this.#next = { cancel: delayMs === 0 ? null : () => clearTimeout(timer) };
  }

  #unsentAllowance(): number {
    const share = UNSENT_TOTAL_BYTES / Math.max(1, this.#waiting.length);
    return Math.min(UNSENT_MOST_BYTES, Math.max(UNSENT_LEAST_BYTES, share));
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}
