import type { Log } from "./log.ts";

const LOOK_MS = 50;
/** Jobs share the event loop: longer than this, one of them has held up the others. */
const STALL_MS = 200;

let doing = "nothing noted";

/** Notes what the event loop turns to, for the log of a stall. */
export const noteWork = (what: string): void => {
  doing = what;
};

/** Logs each time the event loop was away for over 200 ms, with what it did last. Ends with the process. */
export const watchLoop = (log: Log, now: () => number = () => performance.now()): NodeJS.Timeout => {
  let expectedMs = now() + LOOK_MS;
  return setInterval(() => {
    const lateMs = now() - expectedMs;
    if (lateMs > STALL_MS) log("event_loop_stalled", { stallMs: Math.round(lateMs), doing });
    doing = "nothing noted";
    expectedMs = now() + LOOK_MS;
  }, LOOK_MS).unref();
};
