import { SOCKET_CLOSE, SOCKET_PROTOCOL } from "../wire/log-socket.ts";
import type { LiveEnd, LiveSource } from "./live.ts";
import { parsedFrame } from "./live-frame.ts";

/** The part of a WebSocket that is used. */
export type SocketLike = {
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void;
  addEventListener(type: "error", listener: (event: { readonly message?: string }) => void): void;
  close(): void;
};
export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

const endOf = (code: number, hasOpened: boolean, message: string): LiveEnd => {
  if (code === SOCKET_CLOSE.noSuchJob) return { kind: "no_such_job" };
  const reason = message === "" ? "" : `: ${message}`;
  if (hasOpened) return { kind: "cut", cause: new Error(`the log socket was closed with ${code}${reason}`) };
  return { kind: "refused", cause: new Error(`the log socket did not open, closed with ${code}${reason}`) };
};

/** A service greets a socket at once; without a word for so long, something in between holds it back. */
const GREETING_MS = 10_000;

/** A page's policy may forbid sockets, which throws; the events tell the same. */
const openedSocket = (Socket: SocketConstructor, url: string): SocketLike | Error => {
  try {
    return new Socket(url, [SOCKET_PROTOCOL]);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

/** A run's typed sockets. `baseUrl` is the service's, with http or https; the first frame greets, so it says that one is open. */
export const socketSource = (
  Socket: SocketConstructor | undefined,
  baseUrl: string,
  path: string,
): LiveSource =>
  async function* (after, signal) {
    if (Socket === undefined) return { kind: "refused", cause: new Error("there is no WebSocket here") };
    const url = `${baseUrl.replace(/^http/, "ws")}${path}?after=${after}`;
    const socket = openedSocket(Socket, url);
    if (socket instanceof Error) return { kind: "refused", cause: socket };
    let closeCode = 0;
    let message = "";
    let hasOpened = false;
    const messages = new ReadableStream<unknown>({
      start: (controller) => {
        socket.addEventListener("message", ({ data }) => controller.enqueue(data));
        socket.addEventListener("error", (event) => {
          message = event.message ?? message;
        });
        socket.addEventListener("close", ({ code }) => {
          closeCode = code;
          controller.close();
        });
      },
    }).getReader();
    const stop = (): void => socket.close();
    const greeting = setTimeout(stop, GREETING_MS);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      while (true) {
        const { value, done } = await messages.read();
        clearTimeout(greeting);
        signal?.throwIfAborted();
        if (done) return endOf(closeCode, hasOpened, message);
        hasOpened = true;
        yield parsedFrame(value);
      }
    } finally {
      clearTimeout(greeting);
      signal?.removeEventListener("abort", stop);
      socket.close();
    }
  };
