import { type ClientOptions, WebSocket } from "ws";
import type { SocketConstructor, SocketLike } from "../../../src/client/index.ts";

type Listener = (event: { readonly data: unknown; readonly code: number; readonly message?: string }) => void;

/** Sockets whose connection is cut, as by a network, behind the first log record that they delivered. */
export const cutSockets = (): { readonly Socket: SocketConstructor; readonly opened: string[] } => {
  const opened: string[] = [];
  class CutSocket implements SocketLike {
    readonly #socket: WebSocket;
    #isCut = false;

    constructor(url: string, protocols: string[]) {
      opened.push(url);
      this.#socket = new WebSocket(url, protocols);
    }

    addEventListener(type: "message" | "close" | "error", listener: Listener): void {
      this.#socket.on(type, (first: unknown) => {
        if (type === "close") return listener({ data: "", code: Number(first) });
        if (type === "error") return listener({ data: "", code: 0, message: String(first) });
        if (this.#isCut) return;
        listener({ data: String(first), code: 0 });
        this.#isCut = "seq" in JSON.parse(String(first));
        if (this.#isCut) this.#socket.terminate();
      });
    }

    close(): void {
      this.#socket.close();
    }
  }
  return { Socket: CutSocket, opened };
};

export type SocketTale = { readonly frames: string[]; readonly code: number };

/**
 * The local runtime keeps a connection for seconds after the closing handshake; what is asked here is over
 * with the handshake. `ws` knows this option, its types do not.
 */
const options: ClientOptions & { readonly closeTimeout: number } = { closeTimeout: 50 };

/** All text frames of a socket, as they came, and the code that it was closed with. */
export const wholeSocket = (url: string, protocols: string[] = []): Promise<SocketTale> =>
  new Promise((resolve, reject) => {
    const frames: string[] = [];
    const socket = new WebSocket(url, protocols, options);
    socket.on("message", (data) => frames.push(String(data)));
    socket.on("error", reject);
    socket.on("close", (code) => resolve({ frames, code }));
  });
