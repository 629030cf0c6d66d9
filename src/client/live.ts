import type { LogRecord } from "../wire/run-answers.ts";
import {
  type CaseFrame,
  type CompileFrame,
  type EndFrame,
  SOCKET_CLOSE,
  SOCKET_PROTOCOL,
  type SocketFrame,
  type StatusFrame,
  socketFrame,
} from "../wire/run-frames.ts";
import { SandpiperError, unreachable } from "./error.ts";
import { backoffMs, pause } from "./retry.ts";

/** The part of a WebSocket that is used. */
export type SocketLike = {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void;
  close(): void;
};
export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

export type LiveOptions = {
  /** Begin behind the record with this `seq`. */
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** Called with each case of a judged run when it has ended, in order and once. */
  readonly onCase?: (frame: CaseFrame) => void;
  /** Cuts in a row, without news between them, after which it is given up; 20 by default. */
  readonly maxCuts?: number;
};

/** What a log socket tells, in order: a record of the log, a compile step, a case, a change of state, or the end. */
export type LiveEvent = LogRecord | StatusFrame | CompileFrame | CaseFrame | EndFrame;

/** With the waits between them, about three minutes without the service. */
const MAX_CUTS = 20;

const parsedFrame = (data: unknown): SocketFrame => {
  try {
    return socketFrame.parse(JSON.parse(String(data)));
  } catch (cause) {
    throw new SandpiperError("The log socket sent a frame of an unknown form", {
      status: 0,
      code: "unexpected_answer",
      cause,
    });
  }
};

/** The frames of one socket; returns the code that it was closed with. */
async function* framesOf(socket: SocketLike, signal?: AbortSignal): AsyncGenerator<SocketFrame, number> {
  let closeCode = 0;
  const messages = new ReadableStream<unknown>({
    start: (controller) => {
      socket.addEventListener("message", ({ data }) => controller.enqueue(data));
      socket.addEventListener("close", ({ code }) => {
        closeCode = code;
        controller.close();
      });
    },
  }).getReader();
  const stop = (): void => socket.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    while (true) {
      const { value, done } = await messages.read();
      signal?.throwIfAborted();
      if (done) return closeCode;
      yield parsedFrame(value);
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    socket.close();
  }
}

const noSuchJob = (): SandpiperError =>
  new SandpiperError("Job not found", { status: 404, code: "job_not_found" });

type Seen = { seq: number; version: number };

/** Notes a frame; false for one without news, such as the greeting of a socket that was opened again. */
const isNews = (frame: SocketFrame, seen: Seen): frame is LiveEvent => {
  if ("seq" in frame) {
    if (frame.seq <= seen.seq) return false;
    seen.seq = frame.seq;
    return true;
  }
  if (frame.type !== "status") return frame.type === "end";
  if (frame.version <= seen.version) return false;
  seen.version = frame.version;
  return true;
};

/**
 * Follows a run to its end over sockets that `connect` opens behind a given record. A socket that is cut
 * is opened again behind the last record that came, so nothing is missed and nothing comes twice.
 * @throws SandpiperError `job_not_found`, or `unreachable` after too many cuts in a row
 */
export async function* follow(
  connect: (after: number) => SocketLike,
  { after = 0, signal, onCase, maxCuts = MAX_CUTS }: LiveOptions,
): AsyncGenerator<LiveEvent, void> {
  const seen = { seq: after, version: 0 };
  for (let cuts = 0; cuts < maxCuts; ) {
    signal?.throwIfAborted();
    const frames = framesOf(connect(seen.seq), signal);
    try {
      let next = await frames.next();
      for (; !next.done; next = await frames.next()) {
        if (!isNews(next.value, seen)) continue;
        cuts = 0;
        if ("type" in next.value && next.value.type === "case") onCase?.(next.value);
        yield next.value;
        if ("type" in next.value && next.value.type === "end") return;
      }
      if (next.value === SOCKET_CLOSE.noSuchJob) throw noSuchJob();
    } finally {
      await frames.return(0);
    }
    cuts += 1;
    await pause(backoffMs(cuts), signal);
  }
  throw unreachable(new Error(`the log socket was cut ${maxCuts} times in a row`));
}

/** Opens a run's typed socket. `baseUrl` is the service's, with http or https. */
export const connector =
  (Socket: SocketConstructor, baseUrl: string, path: string) =>
  (after: number): SocketLike =>
    new Socket(`${baseUrl.replace(/^http/, "ws")}${path}?after=${after}`, [SOCKET_PROTOCOL]);
