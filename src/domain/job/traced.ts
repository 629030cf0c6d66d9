import { isRecorded, traceIdOf } from "../../wire/trace.ts";
import type { Logger } from "../ports/logger.ts";

/** What belongs to a trace; nothing where it was made before traces were kept. */
type Traced = { readonly trace?: string };

/** What a log line says of the trace of a job. */
export const traceFields = ({ trace }: Traced): { readonly traceId?: string } =>
  trace === undefined ? {} : { traceId: traceIdOf(trace) };

/** Writes a line on a step of a job's way, where its caller records the trace. */
export const logStep = (
  log: Logger,
  event: string,
  traced: Traced,
  fields: Record<string, unknown> = {},
): void => {
  if (traced.trace !== undefined && isRecorded(traced.trace)) {
    log.info(event, { ...traceFields(traced), ...fields });
  }
};
