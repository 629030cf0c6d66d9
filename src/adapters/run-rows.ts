import { JOB_ROW_SCHEMA } from "../domain/job/row.ts";
import type { ListedStatus, RunRow, RunRows, RunSelection } from "../domain/ports/run-rows.ts";
import type { RunSummary } from "../domain/runs/summary.ts";
import { checkSchema } from "../domain/stored.ts";

/** As the index has it, letter by letter (migrations/0011). */
const STATUS = `CASE state WHEN 'succeeded' THEN 'completed' WHEN 'running' THEN 'running'
     WHEN 'queued' THEN 'queued' WHEN 'created' THEN 'queued' ELSE 'failed' END`;

type Row = {
  readonly public_id: string;
  readonly status: ListedStatus;
  readonly created_at_ms: number;
  readonly finished_at_ms: number | null;
  readonly verdict: string | null;
  readonly summary: string | null;
  readonly schema: number;
};

const rowFrom = (row: Row): RunRow => {
  checkSchema("a run's row", row.schema, JOB_ROW_SCHEMA);
  return {
    id: row.public_id,
    status: row.status,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms,
    verdict: row.verdict,
    summary: row.summary === null ? null : (JSON.parse(row.summary) as RunSummary),
  };
};

/** SQLite seeks the bound itself and then passes over it: a text right below an id, which is none, costs no row. */
const justBelow = (id: string): string =>
  `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}~`;

/** The exclusive upper end of the page: the last row of the one before, or the first instant that is too late. */
const endOf = ({ after, toMs }: RunSelection): readonly [number, string] =>
  after !== null && after.createdAtMs <= toMs ? [after.createdAtMs, justBelow(after.id)] : [toMs + 1, ""];

/** The runs of owners in the `jobs` table; one index answers each kind of list (migrations/0011). */
export const d1RunRows = (db: D1Database): RunRows => ({
  list: async (selection) => {
    const { owner, status, fromMs, limit } = selection;
    const [endMs, endId] = endOf(selection);
    const values = [owner, fromMs, endMs, endId, limit, ...(status === null ? [] : [status])];
    const { results } = await db
      .prepare(
        `SELECT public_id, ${STATUS} AS status, created_at_ms, finished_at_ms, verdict, summary, schema
         FROM jobs
         WHERE face = 'runs' AND owner = ?1 AND owner IS NOT NULL AND door IS NULL
           ${status === null ? "" : `AND ${STATUS} = ?6`}
           AND created_at_ms >= ?2 AND (created_at_ms, public_id) < (?3, ?4)
         ORDER BY created_at_ms DESC, public_id DESC LIMIT ?5`,
      )
      .bind(...values)
      .all<Row>();
    return results.map(rowFrom);
  },
});
