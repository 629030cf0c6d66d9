import type { JobRecord } from "./record.ts";

/** One thing that happened to a job, for its operator. */
export type JobEvent = { readonly atMs: number; readonly what: string };

/** So many of the newest are kept: a job that goes round for long must not grow. */
const KEPT_EVENTS = 50;

const HOLDER_DIGITS = 12;

const attemptText = ({ attempt, attemptsMade }: JobRecord): string => {
  const holder = attempt?.holder ?? null;
  const by = holder === null ? "the service itself" : `executor ${holder.instance.slice(0, HOLDER_DIGITS)}`;
  return `attempt ${attemptsMade} claimed by ${by}`;
};

const endText = ({ state, result }: JobRecord): string =>
  result === null ? state : `${state}: ${result.reason}`;

/** What a change of the record was, in words that hold nothing of a client's. */
const eventsOf = (before: JobRecord, after: JobRecord, note: string | null): string[] => [
  ...(note === null ? [] : [note]),
  ...(after.attempt !== null && after.attempt.id !== before.attempt?.id ? [attemptText(after)] : []),
  ...(after.cancelRequested && !before.cancelRequested ? ["cancel asked for"] : []),
  ...(after.state !== before.state ? [endText(after)] : []),
  ...(after.filesDeletedAtMs !== before.filesDeletedAtMs ? ["files deleted"] : []),
];

/** The record with what its last change was; as it is where that is nothing to tell of. */
export const withHistory = (
  before: JobRecord,
  after: JobRecord,
  now: number,
  note: string | null,
): JobRecord => {
  const events = eventsOf(before, after, note).map((what) => ({ atMs: now, what }));
  if (events.length === 0) return after;
  return { ...after, history: [...(before.history ?? []), ...events].slice(-KEPT_EVENTS) };
};
