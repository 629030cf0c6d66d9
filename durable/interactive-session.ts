import { INTERACTIVE_CLOSE } from "../src/wire/interactive.ts";

export type SessionSide = "client" | "program";

/** What the program says before its client's socket is there waits up to this. */
const EARLY_FRAMES = 256;

/**
 * Joins the socket of a client with that of the executor that runs the program. Both are ordinary sockets, which keep the
 * object in memory: a session that a reset ends is over, because nothing of it is stored.
 */
export class InteractiveSession {
  readonly #onLeft: () => void;
  readonly #sockets = new Map<SessionSide, WebSocket>();
  #early: string[] = [];
  #isOver = false;

  /** `onLeft` is called when the client has gone before the end. */
  constructor(onLeft: () => void) {
    this.#onLeft = onLeft;
  }

  /** Takes a side's socket, or none where the side is there already, or the session is over. */
  join(side: SessionSide): Response {
    if (this.#isOver || this.#sockets.has(side)) return new Response(null, { status: 409 });
    const { 0: theirs, 1: ours } = new WebSocketPair();
    ours.accept();
    this.#sockets.set(side, ours);
    ours.addEventListener("message", ({ data }) => this.#pass(side, String(data)));
    const ended = (code: number): void => this.#ended(side, code);
    ours.addEventListener("close", ({ code }) => ended(code));
    ours.addEventListener("error", () => ended(1006));
    if (side === "client") for (const frame of this.#early.splice(0)) ours.send(frame);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  #pass(from: SessionSide, frame: string): void {
    const other = this.#sockets.get(from === "client" ? "program" : "client");
    if (other !== undefined) {
      if (other.readyState === WebSocket.OPEN) other.send(frame);
    } else if (from === "program" && this.#early.length < EARLY_FRAMES) this.#early.push(frame);
  }

  #ended(side: SessionSide, code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isDone = side === "program" && code === INTERACTIVE_CLOSE.done;
    for (const socket of this.#sockets.values()) {
      socket.close(isDone ? INTERACTIVE_CLOSE.done : INTERACTIVE_CLOSE.failed, "the session is over");
    }
    if (side === "client") this.#onLeft();
  }
}
