import type { Logger } from "../domain/ports/logger.ts";

const write = (level: "info" | "error", event: string, fields: Record<string, unknown>): void => {
  console[level](JSON.stringify({ level, event, ...fields }));
};

/** One JSON line per event; an exception is written here and nowhere else. */
export const jsonLogger: Logger = {
  info: (event, fields = {}) => write("info", event, fields),
  error: (event, error, fields = {}) =>
    write("error", event, {
      ...fields,
      error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      stack: error instanceof Error ? error.stack : undefined,
    }),
};
