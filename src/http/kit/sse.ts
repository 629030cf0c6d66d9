import { z } from "zod";

/** A comment this often keeps proxies from closing an idle stream. */
const HEARTBEAT_MS = 15_000;
/** What may wait here for the reader; at that the socket is closed, and opened again below half of it. */
const UNREAD_BYTES = 256 * 1024;
/** A reader that has taken nothing for so many heartbeats is let go; it comes back with `Last-Event-ID`. */
const STALLED_BEATS = 2;

const frame = z.object({ seq: z.int().optional(), type: z.string().optional() });

type Event = { readonly text: string; readonly seq: number | null; readonly type: string };

/** `Last-Event-ID` of a reader that has seen the end; answered with 204, it does not come back. */
export const END_ID = "end";

const idOf = (type: string): string => (type === "end" ? `id: ${END_ID}\n` : "");

/** A typed socket frame as one event; JSON has no line break that would end its data. */
const eventOf = (data: string): Event => {
  const { seq = null, type = "log" } = frame.parse(JSON.parse(data));
  const id = seq === null ? idOf(type) : `id: ${seq}\n`;
  return { text: `${id}event: ${type}\ndata: ${data}\n\n`, seq, type };
};

/** The part of a socket that is used here. */
type FrameSocket = Pick<WebSocket, "accept" | "addEventListener" | "close">;

/** Opens a job's typed socket (subprotocol sandpiper.v1) behind the record with this seq. */
export type OpenSocket = (after: string | null) => Promise<FrameSocket>;

/** One stream's sockets, of which at most one is open: none while its reader has enough to read. */
class EventFeed {
  readonly #open: OpenSocket;
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #utf8 = new TextEncoder();
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #after: string | null;
  #socket: FrameSocket | null = null;
  #lastStatus = "";
  #isOver = false;
  #stalledBeats = 0;

  constructor(
    open: OpenSocket,
    after: string | null,
    controller: ReadableStreamDefaultController<Uint8Array>,
  ) {
    this.#open = open;
    this.#after = after;
    this.#controller = controller;
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#send(": open\n\n");
  }

  /** The reader can take more: where its slowness closed the socket, the next one goes on behind it. */
  async pull(): Promise<void> {
    this.#stalledBeats = 0;
    if (this.#isOver || this.#socket !== null || this.#room() < UNREAD_BYTES / 2) return;
    try {
      this.#listen(await this.#open(this.#after));
    } catch (error) {
      this.stop("the job cannot be reached");
      throw error;
    }
  }

  /** Nothing more will be read. */
  stop(reason: string): void {
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    this.#drop(reason);
  }

  #listen(socket: FrameSocket): void {
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (this.#socket === socket) this.#take(String(event.data));
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) this.#close("end of log");
    });
    socket.accept();
    if (this.#isOver) this.#drop("client left");
  }

  #take(data: string): void {
    const { text, seq, type } = eventOf(data);
    if (seq !== null) this.#after = String(seq);
    if (type === "status") {
      // A socket that goes on where another stood begins with a status that the reader may know.
      if (data === this.#lastStatus) return;
      this.#lastStatus = data;
    }
    this.#send(text);
    if (type === "end") this.#close("end of log");
    else if (this.#room() <= 0) this.#drop("reader is behind");
  }

  #beat(): void {
    if (this.#socket !== null) {
      this.#send(": still here\n\n");
      return;
    }
    this.#stalledBeats += 1;
    if (this.#stalledBeats < STALLED_BEATS) return;
    this.#send(": too slow; resume with Last-Event-ID\n\n");
    this.#close("reader is too slow");
  }

  #close(reason: string): void {
    if (this.#isOver) return;
    this.stop(reason);
    this.#controller.close();
  }

  #drop(reason: string): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000, reason);
  }

  #room(): number {
    return this.#controller.desiredSize ?? 0;
  }

  #send(text: string): void {
    this.#controller.enqueue(this.#utf8.encode(text));
  }
}

/**
 * A job's typed socket as Server-Sent Events, so that both are one implementation and the job's object
 * can hibernate while the stream is idle. A slow reader gets all of it at its own pace: what it has not
 * read stays with the job.
 */
export const sseFromSockets = (open: OpenSocket, after: string | null): ReadableStream<Uint8Array> => {
  let feed: EventFeed | null = null;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        feed = new EventFeed(open, after, controller);
      },
      pull: () => feed?.pull(),
      cancel: () => feed?.stop("client left"),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: UNREAD_BYTES }),
  );
};
