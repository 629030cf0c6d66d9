import type { JobSnapshot } from "../../domain/job/record.ts";
import { isTerminal } from "../../domain/job/state.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { type SocketFrame, socketFrame } from "../../wire/run-frames.ts";

export type Following = {
  readonly waitMs: number;
  /** Ends the wait early. */
  readonly signal: AbortSignal;
  /** Hears what the program prints, and each state that it comes into; null where nobody listens. */
  readonly tell: ((text: string) => Promise<void>) | null;
};

/** What a frame says to who follows; null where it is no news to them. */
const saidBy = (frame: SocketFrame): string | null => {
  if ("data" in frame) return frame.data;
  switch (frame.type) {
    case "compile":
      return `The compile step ended: ${frame.status}`;
    case "case":
      return `Case ${frame.id}: ${frame.verdict}`;
    case "queue":
      return `Number ${frame.position} in the queue`;
    case "status":
      return `The run is ${frame.status}`;
    default:
      return null;
  }
};

type Stop = "ended" | "closed" | "over";

/** Listens to a job's socket until the job ends, the socket closes, or the wait is over, and all that was heard is told. */
const listen = (
  socket: WebSocket,
  following: Following,
  leftMs: number,
  seen: { seq: number },
): Promise<Stop> => {
  const { signal, tell } = following;
  let told = Promise.resolve();
  const say = (text: string): void => {
    if (tell !== null) told = Promise.all([told, tell(text)]).then(() => undefined);
  };
  return new Promise<Stop>((resolve) => {
    const timer = setTimeout(() => stop("over"), leftMs);
    const onAbort = (): void => stop("over");
    const stop = (why: Stop): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      if (why !== "closed") socket.close(1000);
      // The answer is the last word.
      void told.then(() => resolve(why));
    };
    signal.addEventListener("abort", onAbort);
    socket.addEventListener("close", () => stop("closed"));
    socket.addEventListener("message", ({ data }) => {
      const frame = socketFrame.parse(JSON.parse(String(data)));
      if ("seq" in frame) seen.seq = frame.seq;
      const text = saidBy(frame);
      if (text !== null) say(text);
      if ("type" in frame && frame.type === "end") stop("ended");
    });
    socket.accept();
  });
};

/** The run as it is when it has ended, or when the wait is over; null when it is gone. */
export const followRun = async (run: JobHandle, following: Following): Promise<JobSnapshot | null> => {
  const { waitMs, signal, tell } = following;
  const first = await run.snapshot();
  if (first === null || isTerminal(first.state) || waitMs === 0 || signal.aborted) return first;
  if (tell === null) {
    const aborted = new Promise<null>((resolve) => {
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    return (await Promise.race([run.waitForEnd(waitMs), aborted])) ?? run.snapshot();
  }
  const untilMs = Date.now() + waitMs;
  const seen = { seq: 0 };
  // An object that moves drops its sockets, and a reader that lags is let go: who follows comes back.
  while (Date.now() < untilMs && !signal.aborted) {
    const after = seen.seq === 0 ? null : String(seen.seq);
    const { webSocket } = await run.stream(after, "typed", "");
    if (webSocket === null) throw new Error("the job object opened no socket");
    const why = await listen(webSocket, following, untilMs - Date.now(), seen);
    const snapshot = await run.snapshot();
    if (why !== "closed" || snapshot === null || isTerminal(snapshot.state)) return snapshot;
  }
  return run.snapshot();
};
