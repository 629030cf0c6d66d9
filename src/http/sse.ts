import { z } from "zod";

/** A comment this often keeps proxies from closing an idle stream. */
const HEARTBEAT_MS = 15_000;
/** What a slow reader may leave unread here before it is cut off; it comes back with `Last-Event-ID`. */
const UNREAD_CHUNKS = 256;

const frame = z.union([
  z.object({ seq: z.int(), at: z.int(), stream: z.string(), data: z.string() }),
  z.looseObject({ type: z.string() }),
]);

/** A typed socket frame as one event; JSON has no line break that would end its data. */
const eventOf = (text: string): string => {
  const parsed = frame.parse(JSON.parse(text));
  return "seq" in parsed
    ? `id: ${parsed.seq}\nevent: log\ndata: ${text}\n\n`
    : `event: ${parsed.type}\ndata: ${text}\n\n`;
};

/** The part of a socket that is used here. */
type FrameSocket = Pick<WebSocket, "accept" | "addEventListener" | "close">;

/**
 * Turns a job's typed socket (subprotocol sandpiper.v1) into Server-Sent Events, so that both are one
 * implementation and the job's object can hibernate while the stream is idle.
 */
export const sseFromSocket = (socket: FrameSocket): ReadableStream<Uint8Array> => {
  const utf8 = new TextEncoder();
  let stopHeartbeat = (): void => undefined;
  let isOver = false;
  const over = (): boolean => {
    const before = isOver;
    isOver = true;
    stopHeartbeat();
    return before;
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const send = (text: string): void => {
          if (isOver) return;
          controller.enqueue(utf8.encode(text));
          if ((controller.desiredSize ?? 0) > 0) return;
          over();
          socket.close(1013, "too slow");
          controller.close();
        };
        socket.addEventListener("message", (event) => send(eventOf(String(event.data))));
        socket.addEventListener("close", () => {
          if (!over()) controller.close();
        });
        const heartbeat = setInterval(() => send(": still here\n\n"), HEARTBEAT_MS);
        stopHeartbeat = () => clearInterval(heartbeat);
        socket.accept();
        send(": open\n\n");
      },
      cancel: () => {
        if (!over()) socket.close(1000, "client left");
      },
    },
    { highWaterMark: UNREAD_CHUNKS },
  );
};
