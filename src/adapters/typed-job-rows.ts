import type { Cursor } from "../domain/typed-jobs/cursor.ts";
import type { JobStatus } from "../domain/typed-jobs/job.ts";
import type { JobFilter } from "../domain/typed-jobs/list-query.ts";
import { readPage } from "../domain/typed-jobs/page.ts";
import type { TypedJobRows } from "../domain/typed-jobs/ports.ts";
import type { TypedJobRow } from "../domain/typed-jobs/row.ts";
import { Unavailable } from "../domain/typed-jobs/unavailable.ts";

const UPSERT = `INSERT INTO typed_jobs (registered_at_ms, job_id, status, version, view)
  VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (registered_at_ms, job_id) DO UPDATE SET
    status = excluded.status, version = excluded.version, view = excluded.view
  WHERE excluded.version > typed_jobs.version`;

const COLUMNS = "registered_at_ms, job_id, status, version, view";

type StoredRow = {
  readonly registered_at_ms: number;
  readonly job_id: string;
  readonly status: JobStatus;
  readonly version: number;
  /** D1 gives a blob as an array of its bytes. */
  readonly view: string | readonly number[];
};

const rowFrom = (stored: StoredRow): TypedJobRow => ({
  jobId: stored.job_id,
  registeredAtMs: stored.registered_at_ms,
  status: stored.status,
  version: stored.version,
  view: typeof stored.view === "string" ? stored.view : Uint8Array.from(stored.view),
});

type Condition = { readonly sql: string; readonly values: readonly (string | number)[] };

/**
 * A text behind every id smaller than this one, and before this one. SQLite seeks to a bound's own row
 * even if the comparison leaves it out, so the bound is a row that does not exist.
 */
const justBefore = (id: string): string =>
  `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}~`;

const upperBound = (after: Cursor | null, toSeconds: number | null): readonly [number, string] | null => {
  const endMs = toSeconds === null ? Number.POSITIVE_INFINITY : (toSeconds + 1) * 1_000;
  if (after !== null && after.registeredAtMs < endMs) return [after.registeredAtMs, justBefore(after.jobId)];
  return toSeconds === null ? null : [endMs, ""];
};

/** Status, range and cursor as one stretch of an index: at most one bound at either end. */
const conditionsOf = ({ status, fromSeconds, toSeconds }: JobFilter, after: Cursor | null): Condition[] => {
  const upper = upperBound(after, toSeconds);
  return [
    ...(status === null ? [] : [{ sql: "status = ?", values: [status] }]),
    ...(fromSeconds === null ? [] : [{ sql: "registered_at_ms >= ?", values: [fromSeconds * 1_000] }]),
    ...(upper === null ? [] : [{ sql: "(registered_at_ms, job_id) < (?, ?)", values: upper }]),
  ];
};

const asUnavailable = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw new Unavailable("D1", error);
  }
};

/**
 * The `typed_jobs` table in D1 (migrations/0002). Each combination of status and range is one seek in an index that
 * also has the order, so a statement reads the rows that it returns, and at most the one that ends it.
 */
export const d1TypedJobRows = (db: D1Database): TypedJobRows => ({
  upsert: async ({ registeredAtMs, jobId, status, version, view }) => {
    await asUnavailable(db.prepare(UPSERT).bind(registeredAtMs, jobId, status, version, view).run());
  },
  remove: async ({ registeredAtMs, jobId }) => {
    const statement = db.prepare("DELETE FROM typed_jobs WHERE registered_at_ms = ?1 AND job_id = ?2");
    await asUnavailable(statement.bind(registeredAtMs, jobId).run());
  },
  page: (query) =>
    readPage(
      async (after, count) => {
        const conditions = conditionsOf(query, after);
        const where =
          conditions.length === 0 ? "" : `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}`;
        const statement = db
          .prepare(
            `SELECT ${COLUMNS} FROM typed_jobs ${where} ORDER BY registered_at_ms DESC, job_id DESC LIMIT ?`,
          )
          .bind(...conditions.flatMap(({ values }) => values), count);
        return (await asUnavailable(statement.all<StoredRow>())).results.map(rowFrom);
      },
      query.after,
      query.limit,
    ),
  byIds: async (ids, { status, fromSeconds, toSeconds }) => {
    if (ids.length === 0) return [];
    // One seek that ends at its row for each id: an IN list is a table of its own, whose rows count as
    // read, and a range beside an id makes the seek look at the row behind it.
    const sql = `SELECT ${COLUMNS} FROM typed_jobs WHERE job_id = ?1${status === null ? "" : " AND status = ?2"} LIMIT 1`;
    const statement = db.prepare(sql);
    const statements = ids.map((id) => (status === null ? statement.bind(id) : statement.bind(id, status)));
    const found = await asUnavailable(db.batch<StoredRow>(statements));
    return found
      .flatMap(({ results }) => results.map(rowFrom))
      .filter(({ registeredAtMs }) => registeredAtMs >= (fromSeconds ?? Number.NEGATIVE_INFINITY) * 1_000)
      .filter(({ registeredAtMs }) => toSeconds === null || registeredAtMs < (toSeconds + 1) * 1_000)
      .sort((one, other) => other.registeredAtMs - one.registeredAtMs || (one.jobId < other.jobId ? 1 : -1));
  },
});
