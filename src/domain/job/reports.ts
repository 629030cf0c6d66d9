import type { CaseResult, CompileResult } from "../../wire/judging.ts";
import type { AttemptEvent, FinishedEvent } from "../../wire/report.ts";
import { caseMark, compileMark } from "../judging/marks.ts";
import type { LogEntry } from "./log-book.ts";

/** What is new in a batch of numbered events, or the number that must come first. */
export type FreshEvents =
  | { readonly kind: "gap"; readonly expected: number }
  | {
      readonly kind: "fresh";
      readonly lastEvent: number;
      readonly started: boolean;
      readonly logs: readonly LogEntry[];
      readonly compiled: CompileResult | null;
      readonly cases: readonly CaseResult[];
      readonly finished: FinishedEvent | null;
    };

type EventOf<T extends AttemptEvent["type"]> = Extract<AttemptEvent, { type: T }>;

const compileResultOf = ({
  n: _n,
  type: _type,
  atMs: _atMs,
  ...result
}: EventOf<"compiled">): CompileResult => result;
const caseResultOf = ({ n: _n, type: _type, atMs: _atMs, ...result }: EventOf<"case">): CaseResult => result;

/** What an event leaves in the log: text, or a mark that something happened. */
const entriesOf = (event: AttemptEvent): readonly LogEntry[] => {
  const { atMs } = event;
  if (event.type === "log") return [{ atMs, stream: event.stream, data: event.data }];
  if (event.type === "case")
    return [{ atMs, stream: "stdout", data: "", mark: caseMark(caseResultOf(event)) }];
  if (event.type !== "compiled") return [];
  return [
    { atMs, stream: "stderr", data: event.output, phase: "compile" },
    { atMs, stream: "stderr", data: "", mark: compileMark(compileResultOf(event)) },
  ];
};

/** Drops the events up to `lastEvent`, which a repeated batch brings again, and demands no gap after it. */
export const freshEvents = (events: readonly AttemptEvent[], lastEvent: number): FreshEvents => {
  const fresh = events.filter((event) => event.n > lastEvent);
  const misplaced = fresh.findIndex((event, index) => event.n !== lastEvent + 1 + index);
  if (misplaced >= 0) return { kind: "gap", expected: lastEvent + 1 };
  const compiled = fresh.findLast((event) => event.type === "compiled");
  return {
    kind: "fresh",
    lastEvent: lastEvent + fresh.length,
    started: fresh.some((event) => event.type === "started"),
    logs: fresh.flatMap(entriesOf),
    compiled: compiled === undefined ? null : compileResultOf(compiled),
    cases: fresh.filter((event) => event.type === "case").map(caseResultOf),
    finished: fresh.find((event) => event.type === "finished") ?? null,
  };
};
