import { z } from "zod";
import type { LogSlice } from "../src/domain/job/log-pages.ts";
import type { JobSnapshot } from "../src/domain/job/record.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import type { StreamMode } from "../src/domain/ports.ts";
import {
  endFrames,
  greetingFrames,
  recordFrames,
  statusFrames,
  unknownJobFrame,
} from "../src/domain/streams/frames.ts";
import { isStalled, type Progress, progressOf } from "../src/domain/streams/progress.ts";
import { logStream } from "../src/wire/vocabulary.ts";

const PROTOCOL = "sandpiper.v1";
/** Log text read for a socket at a time, and what may wait unsent before it gets more. */
const SLICE_BYTES = 64 * 1024;
const UNSENT_BYTES = 128 * 1024;
/** The platform tells of no drained socket, so those that lag are looked at again this often. */
const LAG_POLL_MS = 20;

const watcherState = z.object({
  mode: z.enum(["text", "lines", "typed"]),
  /** Number of the last record that the watcher was sent. */
  after: z.int(),
  /** Stream of that record, for the markers where it changes. */
  stream: logStream,
});
type WatcherState = z.infer<typeof watcherState>;

/** What the sockets show: the job as it is now, and pieces of its stored log. */
export type LogSource = {
  snapshot(): JobSnapshot | null;
  slice(after: number, maxBytes: number): LogSlice;
};

const upgraded = (client: WebSocket, mode: StreamMode): Response =>
  new Response(null, {
    status: 101,
    webSocket: client,
    headers: mode === "typed" ? { "Sec-WebSocket-Protocol": PROTOCOL } : {},
  });

/** A socket for a job that does not exist: it says so and closes. */
export const refuseSocket = (mode: StreamMode, shownId: string): Response => {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send(unknownJobFrame(mode, shownId));
  server.close(4404, "job not found");
  return upgraded(client, mode);
};

const sendAll = (socket: WebSocket, frames: readonly string[]): void => {
  for (const frame of frames) socket.send(frame);
};

/**
 * The job's watchers. Each one's place in the log is its socket's attachment, so it survives
 * hibernation; what it has not been sent yet stays in storage, so a slow one costs no memory and never
 * slows the job.
 */
export class LogSockets {
  readonly #ctx: DurableObjectState;
  readonly #source: LogSource;
  readonly #now: () => number;
  readonly #progress = new WeakMap<WebSocket, Progress>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(ctx: DurableObjectState, source: LogSource, now: () => number) {
    this.#ctx = ctx;
    this.#source = source;
    this.#now = now;
  }

  /** Greets a new watcher and starts to send it the log behind `after`. */
  accept(mode: StreamMode, after: number, snapshot: JobSnapshot): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    server.serializeAttachment({ mode, after, stream: "stdout" } satisfies WatcherState);
    sendAll(server, greetingFrames(mode, snapshot));
    this.pump([server]);
    return upgraded(client, mode);
  }

  /** Tells every watcher of a change of state. */
  status(snapshot: JobSnapshot): void {
    for (const socket of this.#open()) sendAll(socket, statusFrames(this.#stateOf(socket).mode, snapshot));
  }

  /** Sends what is stored to the watchers that can take it; those that lag get more later. */
  pump(sockets: readonly WebSocket[] = this.#open()): void {
    const snapshot = this.#source.snapshot();
    if (snapshot === null) return;
    const slices = new Map<number, LogSlice>();
    const sliceAt = (after: number): LogSlice => {
      const known = slices.get(after);
      if (known !== undefined) return known;
      const slice = this.#source.slice(after, SLICE_BYTES);
      slices.set(after, slice);
      return slice;
    };
    const lagging = sockets.filter((socket) => !this.#advance(socket, snapshot, sliceAt));
    if (lagging.length > 0) this.#pumpLater();
  }

  /** The job is gone: nothing more will come. */
  closeAll(): void {
    for (const socket of this.#open()) socket.close(4404, "job deleted");
  }

  /** Sends one watcher as much as it can take; whether it stands at the end of the log. */
  #advance(socket: WebSocket, snapshot: JobSnapshot, sliceAt: (after: number) => LogSlice): boolean {
    let state = this.#stateOf(socket);
    for (;;) {
      const slice = sliceAt(state.after);
      const last = slice.records.at(-1);
      if (last === undefined) break;
      if (socket.bufferedAmount > UNSENT_BYTES) return this.#hold(socket, state);
      sendAll(socket, recordFrames(state.mode, slice.records, state.stream));
      state = { ...state, after: last.seq, stream: last.stream };
      socket.serializeAttachment(state);
    }
    this.#progress.delete(socket);
    if (isTerminal(snapshot.state)) {
      sendAll(socket, endFrames(state.mode, snapshot, state.after));
      socket.close(1000, "end of log");
    }
    return true;
  }

  /** Lets a watcher lag, until it has taken nothing for too long; true when it was let go. */
  #hold(socket: WebSocket, state: WatcherState): boolean {
    const progress = progressOf(this.#progress.get(socket), state.after, socket.bufferedAmount, this.#now());
    this.#progress.set(socket, progress);
    if (!isStalled(progress, this.#now())) return false;
    socket.close(1013, `too slow; resume with after=${state.after}`);
    return true;
  }

  #pumpLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.pump();
    }, LAG_POLL_MS);
  }

  #stateOf(socket: WebSocket): WatcherState {
    return watcherState.parse(socket.deserializeAttachment());
  }

  #open(): WebSocket[] {
    return this.#ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }
}
