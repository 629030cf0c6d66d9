import type { SocketConstructor } from "../../../src/client/live.ts";

/** Sockets that are cut off, as by a network, behind each log record that they delivered. */
export const cutSockets = (): { readonly Socket: SocketConstructor; readonly opened: string[] } => {
  const opened: string[] = [];
  class CutSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      opened.push(url);
      this.addEventListener("message", ({ data }) => {
        if ("seq" in JSON.parse(String(data))) this.close();
      });
    }
  }
  return { Socket: CutSocket, opened };
};

export type SocketTale = { readonly frames: string[]; readonly code: number };

/** All text frames of a socket, as they came, and the code that it was closed with. */
export const wholeSocket = (url: string, protocols: string[] = []): Promise<SocketTale> =>
  new Promise((resolve) => {
    const frames: string[] = [];
    const socket = new WebSocket(url, protocols);
    socket.addEventListener("message", ({ data }) => frames.push(String(data)));
    socket.addEventListener("close", ({ code }) => resolve({ frames, code }));
  });
