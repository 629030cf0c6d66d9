import type { SocketLike } from "../../../../src/client/index.ts";

/** What a proxy makes of a socket that does not take the upgrade. */
export class RefusedSocket implements SocketLike {
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === "error") queueMicrotask(() => listener({ message: "status 400" } as never));
    if (type === "close") setTimeout(() => listener({ code: 1006 } as never), 1);
  }
  close(): void {
    // Nothing was opened.
  }
}
