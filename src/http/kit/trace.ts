import type { Context } from "hono";
import { readTraceparent, TRACE_HEADER, traceIdOf } from "../../wire/trace.ts";

const randomHex = (digits: number): string =>
  `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll("-", "").slice(0, digits);

/** Lets a request go on in the trace that its caller names, as a step of our own, or begins a trace. */
export const giveTrace = (c: Context): void => {
  const given = readTraceparent(c.req.header(TRACE_HEADER));
  const [traceId, flags] = given === null ? [randomHex(32), "00"] : [traceIdOf(given), given.slice(-2)];
  c.set("trace", `00-${traceId}-${randomHex(16)}-${flags}`);
};

/** The trace of this request as a header says it. */
export const traceOf = (c: Context): string => c.get("trace") ?? "";

/** What a log line says of the trace of this request. */
export const traced = (c: Context): { readonly traceId: string } => ({ traceId: traceIdOf(traceOf(c)) });
