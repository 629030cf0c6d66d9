/** Writes one structured line. Ids of jobs are shortened and secrets left out by the caller. */
export type Logger = {
  info(event: string, fields?: Record<string, unknown>): void;
  error(event: string, error: unknown, fields?: Record<string, unknown>): void;
};
