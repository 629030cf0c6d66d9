import type { Logger } from "../domain/ports/logger.ts";

const write = (level: "info" | "warn" | "error", event: string, fields: Record<string, unknown>): void => {
  console[level](JSON.stringify({ level, event, ...fields }));
};

const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** An error with what caused it, and what caused that. */
const described = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { error: textOf(error) };
  const { cause, stack } = error;
  return { error: textOf(error), ...(cause === undefined ? {} : { cause: textOf(cause) }), stack };
};

/** One JSON line per event; an exception is written here and nowhere else. */
export const jsonLogger: Logger = {
  info: (event, fields = {}) => write("info", event, fields),
  warn: (event, cause, fields = {}) => write("warn", event, { ...fields, ...described(cause) }),
  error: (event, error, fields = {}) => write("error", event, { ...fields, ...described(error) }),
};
