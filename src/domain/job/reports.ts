import type { AttemptEvent, FinishedEvent } from "../../wire/report.ts";
import type { LogEntry } from "./log-book.ts";

/** What is new in a batch of numbered events, or the number that must come first. */
export type FreshEvents =
  | { readonly kind: "gap"; readonly expected: number }
  | {
      readonly kind: "fresh";
      readonly lastEvent: number;
      readonly started: boolean;
      readonly logs: readonly LogEntry[];
      readonly finished: FinishedEvent | null;
    };

/** Drops the events up to `lastEvent`, which a repeated batch brings again, and demands no gap after it. */
export const freshEvents = (events: readonly AttemptEvent[], lastEvent: number): FreshEvents => {
  const fresh = events.filter((event) => event.n > lastEvent);
  const misplaced = fresh.findIndex((event, index) => event.n !== lastEvent + 1 + index);
  if (misplaced >= 0) return { kind: "gap", expected: lastEvent + 1 };
  const logs = fresh.flatMap((event) =>
    event.type === "log" ? [{ atMs: event.atMs, stream: event.stream, data: event.data }] : [],
  );
  return {
    kind: "fresh",
    lastEvent: lastEvent + fresh.length,
    started: fresh.some((event) => event.type === "started"),
    logs,
    finished: fresh.find((event) => event.type === "finished") ?? null,
  };
};
