import { checkSchema } from "../domain/stored.ts";
import type { Cursor } from "../domain/typed-jobs/cursor.ts";
import type { JobStatus } from "../domain/typed-jobs/job.ts";
import { isReachable } from "../domain/typed-jobs/lifecycle.ts";
import type { JobFilter } from "../domain/typed-jobs/list-query.ts";
import { idsPage, readPage, type SizedRow, SMALL_VIEW_BYTES } from "../domain/typed-jobs/page.ts";
import type { TypedJobRows } from "../domain/typed-jobs/ports.ts";
import { TYPED_JOB_ROW_SCHEMA, type TypedJobRow } from "../domain/typed-jobs/row.ts";
import { NotMigrated, Unavailable } from "../domain/typed-jobs/unavailable.ts";

const UPSERT = `INSERT INTO typed_jobs (registered_at_ms, job_id, status, version, view, view_bytes, expires_at_ms, owner,
    schema)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
  ON CONFLICT (registered_at_ms, job_id) DO UPDATE SET
    status = excluded.status, version = excluded.version, view = excluded.view,
    view_bytes = excluded.view_bytes, schema = excluded.schema
  WHERE excluded.version > typed_jobs.version`;

/** Rows of earlier versions say nothing of their size: text is as long as it is, gzip of JSON tenfold. */
const SIZE = "COALESCE(view_bytes, length(view) * CASE typeof(view) WHEN 'blob' THEN 10 ELSE 1 END)";
const FACTS = `registered_at_ms, job_id, owner, status, version, expires_at_ms, schema, ${SIZE} AS bytes`;
/** A large view stays where it is until it is known that the page has room for it. */
const COLUMNS = `${FACTS}, CASE WHEN ${SIZE} <= ${SMALL_VIEW_BYTES} THEN view END AS view`;
const WITH_VIEW = `SELECT ${FACTS}, view FROM typed_jobs WHERE registered_at_ms = ?1 AND job_id = ?2`;

type StoredRow = {
  readonly registered_at_ms: number;
  readonly job_id: string;
  readonly owner: string | null;
  readonly status: JobStatus;
  readonly version: number;
  /** D1 gives a blob as an array of its bytes. */
  readonly view: string | readonly number[] | null;
  readonly bytes: number;
  readonly expires_at_ms: number | null;
  readonly schema: number;
};

const viewFrom = (view: StoredRow["view"]): SizedRow["view"] =>
  view === null || typeof view === "string" ? view : Uint8Array.from(view);

const rowFrom = (stored: StoredRow): SizedRow => {
  checkSchema("a typed job's row", stored.schema, TYPED_JOB_ROW_SCHEMA);
  return {
    jobId: stored.job_id,
    owner: stored.owner,
    registeredAtMs: stored.registered_at_ms,
    status: stored.status,
    version: stored.version,
    view: viewFrom(stored.view),
    viewBytes: stored.bytes,
    expiresAtMs: stored.expires_at_ms,
  };
};

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
const conditionsOf = (
  { status, fromSeconds, toSeconds }: JobFilter,
  after: Cursor | null,
  owner: string | null,
): Condition[] => {
  const upper = upperBound(after, toSeconds);
  return [
    ...(owner === null ? [] : [{ sql: "owner = ?", values: [owner] }]),
    ...(status === null ? [] : [{ sql: "status = ?", values: [status] }]),
    ...(fromSeconds === null ? [] : [{ sql: "registered_at_ms >= ?", values: [fromSeconds * 1_000] }]),
    ...(upper === null ? [] : [{ sql: "(registered_at_ms, job_id) < (?, ?)", values: upper }]),
  ];
};

/** D1's errors have no codes; SQLite's words for this have not changed in twenty years. */
const isUnmigrated = (error: unknown): boolean =>
  error instanceof Error && /no such (table|column)|has no column named/i.test(error.message);

const asUnavailable = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw isUnmigrated(error) ? new NotMigrated(error) : new Unavailable("D1", error);
  }
};

const cursors = (results: readonly { registered_at_ms: number; job_id: string }[]): Cursor[] =>
  results.map(({ registered_at_ms: registeredAtMs, job_id: jobId }) => ({ registeredAtMs, jobId }));

const fetchViews =
  (db: D1Database) =>
  async (rows: readonly SizedRow[]): Promise<readonly TypedJobRow[]> => {
    const statement = db.prepare(WITH_VIEW);
    const statements = rows.map(({ registeredAtMs, jobId }) => statement.bind(registeredAtMs, jobId));
    const found = await asUnavailable(db.batch<StoredRow>(statements));
    return found.flatMap(({ results }) =>
      results.map(rowFrom).flatMap(({ view, ...row }) => (view === null ? [] : [{ ...row, view }])),
    );
  };

/**
 * The `typed_jobs` table in D1 (migrations/0002). Each combination of status and range is one seek in an index that
 * also has the order, so a statement reads the rows that it returns, and at most the one that ends it.
 */
export const d1TypedJobRows = (db: D1Database): TypedJobRows => ({
  upsert: async ({ registeredAtMs, jobId, owner, status, version, view, viewBytes, expiresAtMs }) => {
    const statement = db.prepare(UPSERT);
    await asUnavailable(
      statement
        .bind(
          registeredAtMs,
          jobId,
          status,
          version,
          view,
          viewBytes,
          expiresAtMs,
          owner,
          TYPED_JOB_ROW_SCHEMA,
        )
        .run(),
    );
  },
  remove: async ({ registeredAtMs, jobId }) => {
    const statement = db.prepare("DELETE FROM typed_jobs WHERE registered_at_ms = ?1 AND job_id = ?2");
    await asUnavailable(statement.bind(registeredAtMs, jobId).run());
  },
  page: (query, owner) =>
    readPage(
      async (after, count) => {
        const conditions = conditionsOf(query, after, owner);
        const where =
          conditions.length === 0 ? "" : `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}`;
        const statement = db
          .prepare(
            `SELECT ${COLUMNS} FROM typed_jobs ${where} ORDER BY registered_at_ms DESC, job_id DESC LIMIT ?`,
          )
          .bind(...conditions.flatMap(({ values }) => values), count);
        return (await asUnavailable(statement.all<StoredRow>())).results.map(rowFrom);
      },
      fetchViews(db),
      query.after,
      query.limit,
    ),
  byIds: async (ids, { status, fromSeconds, toSeconds }, owner) => {
    if (ids.length === 0) return { rows: [], rest: [] };
    // One seek that ends at its row for each id: an IN list is a table of its own, whose rows count as
    // read, and a range beside an id makes the seek look at the row behind it.
    const sql = `SELECT ${COLUMNS} FROM typed_jobs WHERE job_id = ?1${status === null ? "" : " AND status = ?2"} LIMIT 1`;
    const statement = db.prepare(sql);
    const statements = ids.map((id) => (status === null ? statement.bind(id) : statement.bind(id, status)));
    const found = await asUnavailable(db.batch<StoredRow>(statements));
    const rows = found
      .flatMap(({ results }) => results.map(rowFrom))
      .filter((row) => isReachable(row, owner))
      .filter(({ registeredAtMs }) => registeredAtMs >= (fromSeconds ?? Number.NEGATIVE_INFINITY) * 1_000)
      .filter(({ registeredAtMs }) => toSeconds === null || registeredAtMs < (toSeconds + 1) * 1_000)
      .sort((one, other) => other.registeredAtMs - one.registeredAtMs || (one.jobId < other.jobId ? 1 : -1));
    return idsPage(rows, fetchViews(db));
  },
  waiting: async (after, limit, owner) => {
    const [own, ownValues] = owner === null ? ["", []] : ["owner = ? AND", [owner]];
    const [behind, cursor] =
      after === null
        ? ["", []]
        : ["AND (registered_at_ms, job_id) > (?, ?)", [after.registeredAtMs, after.jobId]];
    const statement = db.prepare(
      `SELECT registered_at_ms, job_id FROM typed_jobs WHERE ${own} status = 'queued' ${behind}
       ORDER BY registered_at_ms, job_id LIMIT ?`,
    );
    const values = [...ownValues, ...cursor, limit];
    return cursors((await asUnavailable(statement.bind(...values).all<StoredRow>())).results);
  },
  overdue: async (expiredBeforeMs, pendingBeforeMs, limit) => {
    const columns = "SELECT registered_at_ms, job_id FROM typed_jobs WHERE";
    const expired = db.prepare(`${columns} expires_at_ms < ?1 ORDER BY expires_at_ms LIMIT ?2`);
    const pending = db.prepare(
      `${columns} status = 'pending' AND registered_at_ms < ?1 ORDER BY registered_at_ms LIMIT ?2`,
    );
    const found = await asUnavailable(
      db.batch<StoredRow>([expired.bind(expiredBeforeMs, limit), pending.bind(pendingBeforeMs, limit)]),
    );
    return found.flatMap(({ results }) => cursors(results));
  },
});
