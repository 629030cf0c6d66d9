import { z } from "zod";

/** The header that names a trace, as the W3C recommendation "Trace Context" has it. */
export const TRACE_HEADER = "traceparent";

const VERSION_00_CHARS = 55;
const SHAPE = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What goes from part to part of a job's way: version 00, the trace's id, the sender's, and flags. */
export const traceparent = z.string().regex(SHAPE);

/** A trace that a header names, brought to version 00, or null where it names none. */
export const readTraceparent = (header: string | undefined): string | null => {
  const text = header?.trim() ?? "";
  const known = text.slice(0, VERSION_00_CHARS);
  // Later versions may say more, behind another hyphen; this one may not.
  const isLater = text.length > known.length && text[VERSION_00_CHARS] === "-" && !text.startsWith("00");
  if (!SHAPE.test(known) || (text.length > known.length && !isLater)) return null;
  return `00${known.slice(2)}`;
};

/** Whether its caller records the trace, and wants to hear of each step. */
export const isRecorded = (trace: string): boolean => (Number.parseInt(trace.slice(-2), 16) & 1) === 1;

/** Id of the trace, 32 hex digits, as log lines name it. */
export const traceIdOf = (trace: string): string => SHAPE.exec(trace)?.[1] ?? "";
