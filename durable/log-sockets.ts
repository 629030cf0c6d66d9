import type { LogRecord } from "../src/domain/job/log-book.ts";
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
import type { LogStream } from "../src/wire/vocabulary.ts";

const MODES: readonly StreamMode[] = ["text", "lines", "typed"];
const PROTOCOL = "sandpiper.v1";

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

/**
 * The job's watchers. Sockets hibernate with the object: their mode is a tag, and since everything
 * stored is sent before control returns, all of them always stand at the end of the log.
 */
export class LogSockets {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Greets a new watcher, catches it up on `backlog`, and closes it if the job has ended. */
  accept(
    mode: StreamMode,
    snapshot: JobSnapshot,
    backlog: Iterable<readonly LogRecord[]>,
    lastSeq: number,
  ): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [mode]);
    for (const frame of greetingFrames(mode, snapshot)) server.send(frame);
    let before: LogStream = "stdout";
    for (const records of backlog) {
      for (const frame of recordFrames(mode, records, before)) server.send(frame);
      before = records.at(-1)?.stream ?? before;
    }
    if (isTerminal(snapshot.state)) this.#end(server, mode, snapshot, lastSeq);
    return upgraded(client, mode);
  }

  records(records: readonly LogRecord[], before: LogStream): void {
    this.#broadcast((mode) => recordFrames(mode, records, before));
  }

  status(snapshot: JobSnapshot): void {
    this.#broadcast((mode) => statusFrames(mode, snapshot));
  }

  end(snapshot: JobSnapshot, lastSeq: number): void {
    for (const mode of MODES) {
      for (const socket of this.#ctx.getWebSockets(mode)) this.#end(socket, mode, snapshot, lastSeq);
    }
  }

  /** The job is gone: nothing more will come. */
  closeAll(): void {
    for (const socket of this.#ctx.getWebSockets()) socket.close(4404, "job deleted");
  }

  #end(socket: WebSocket, mode: StreamMode, snapshot: JobSnapshot, lastSeq: number): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    for (const frame of endFrames(mode, snapshot, lastSeq)) socket.send(frame);
    socket.close(1000, "end of log");
  }

  #broadcast(framesFor: (mode: StreamMode) => string[]): void {
    for (const mode of MODES) {
      const sockets = this.#ctx.getWebSockets(mode);
      if (sockets.length === 0) continue;
      const frames = framesFor(mode);
      for (const socket of sockets) {
        if (socket.readyState !== WebSocket.OPEN) continue;
        for (const frame of frames) socket.send(frame);
      }
    }
  }
}
