import type { AttemptRequest } from "../src/wire/attempt.ts";
import { traceIdOf } from "../src/wire/trace.ts";

/** One JSON line an event on stderr. Fields never hold tokens, presigned URLs or whole ids. */
export type Log = (
  event: string,
  fields?: Readonly<Record<string, string | number | boolean | null>>,
) => void;

export const logToStderr: Log = (event, fields = {}) => {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`);
};

/** Enough of an attempt's id to follow it through a log, and too little to use it. */
const shortId = (attemptId: string): string => attemptId.slice(-32, -24);

/** Names an attempt, and the trace that its job was made in, in a line of the log. */
export const attemptFields = ({ attemptId, trace }: Pick<AttemptRequest, "attemptId" | "trace">) => ({
  attempt: shortId(attemptId),
  ...(trace === undefined ? {} : { traceId: traceIdOf(trace) }),
});

/** An error's class and code; its message might quote what must not be logged. */
export const errorKind = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error;
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return `${error.name}${code}`;
};
