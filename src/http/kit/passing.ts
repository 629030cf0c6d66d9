import { Unavailable } from "../../domain/typed-jobs/unavailable.ts";

/** A storage that has no room, or an object that starts anew, needs a moment. */
export const PASSING_RETRY_SECONDS = 5;
/** An error's causes are followed so far. */
const CAUSES = 5;

/** What the platform puts on errors of calls that reached nobody, or whose object went meanwhile. */
const MARKS = ["retryable", "overloaded", "durableObjectReset"] as const;

/**
 * The platform's errors have no codes of their own; these words stand in what it says of storage that does not answer:
 * SQLite's result codes, R2's numbers, and the fixed texts of D1 and of objects.
 */
const PASSING: readonly RegExp[] = [
  /\bSQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CANTOPEN|READONLY|PROTOCOL)/,
  /^D1_ERROR\b|\bD1 DB\b/,
  /\((10001|10043|10058)\)\s*$/,
  /^internal error\b/i,
  /\bstorage operation exceeded timeout\b/i,
  /\boverloaded\b/i,
  /\b(was|be|been|is) reset\b/i,
  /\bnetwork connection (was )?lost\b/i,
  /\btransient (issue|error)\b/i,
];

/** What SQLite says of a statement or a value that is wrong: asking again does not help. */
const OURS =
  /\bSQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG|MISUSE)|\bno such (table|column)\b|\bsyntax error\b/i;

const isPassingItself = (error: unknown): boolean => {
  if (error instanceof Unavailable) return true;
  if (typeof error !== "object" || error === null) return false;
  if (MARKS.some((mark) => mark in error && (error as Record<string, unknown>)[mark] === true)) return true;
  const { message } = error as { message?: unknown };
  return typeof message === "string" && !OURS.test(message) && PASSING.some((words) => words.test(message));
};

/** Whether something failed because the platform's storage or an object does not answer now, and may soon. */
export const isPassing = (error: unknown): boolean => {
  let at = error;
  for (let depth = 0; depth < CAUSES && at !== undefined; depth += 1) {
    if (isPassingItself(at)) return true;
    at = at instanceof Error ? at.cause : undefined;
  }
  return false;
};
