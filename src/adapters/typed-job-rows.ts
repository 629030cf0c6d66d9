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

/** Conditions and their values, for one statement. */
class Where {
  readonly values: (string | number)[] = [];
  readonly #conditions: string[] = [];

  /** `?` in the condition stands for the values in turn. */
  and(condition: string, ...values: (string | number)[]): void {
    this.#conditions.push(condition);
    this.values.push(...values);
  }

  get sql(): string {
    return this.#conditions.length === 0 ? "" : `WHERE ${this.#conditions.join(" AND ")}`;
  }
}

const addFilter = (where: Where, { status, fromSeconds, toSeconds }: JobFilter): void => {
  if (status !== null) where.and("status = ?", status);
  if (fromSeconds !== null) where.and("registered_at_ms >= ?", fromSeconds * 1_000);
  if (toSeconds !== null) where.and("registered_at_ms < ?", (toSeconds + 1) * 1_000);
};

const asUnavailable = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw new Unavailable("D1", error);
  }
};

/**
 * The `typed_jobs` table in D1 (migrations/0002). Each combination of filters is one seek in one index
 * that also has the order, so a statement reads the rows that it returns and no others.
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
        const where = new Where();
        addFilter(where, query);
        if (after !== null)
          where.and("(registered_at_ms, job_id) < (?, ?)", after.registeredAtMs, after.jobId);
        const sql = `SELECT ${COLUMNS} FROM typed_jobs ${where.sql} ORDER BY registered_at_ms DESC, job_id DESC LIMIT ?`;
        const statement = db.prepare(sql).bind(...where.values, count);
        return (await asUnavailable(statement.all<StoredRow>())).results.map(rowFrom);
      },
      query.after,
      query.limit,
    ),
  byIds: async (ids, filter) => {
    if (ids.length === 0) return [];
    // One seek per id: an IN list is a table of its own, whose rows count as read.
    const statements = ids.map((id) => {
      const where = new Where();
      where.and("job_id = ?", id);
      addFilter(where, filter);
      return db.prepare(`SELECT ${COLUMNS} FROM typed_jobs ${where.sql}`).bind(...where.values);
    });
    const found = await asUnavailable(db.batch<StoredRow>(statements));
    const rows = found.flatMap(({ results }) => results.map(rowFrom));
    return rows.sort(
      (one, other) => other.registeredAtMs - one.registeredAtMs || (one.jobId < other.jobId ? 1 : -1),
    );
  },
});
