/** Writes one structured line. Ids of jobs are shortened and secrets left out by the caller. */
export type Logger = {
  info(event: string, fields?: Record<string, unknown>): void;
  /** Something that is not as it should be and may pass; `cause` is an error or says why. */
  warn(event: string, cause: unknown, fields?: Record<string, unknown>): void;
  error(event: string, error: unknown, fields?: Record<string, unknown>): void;
};
