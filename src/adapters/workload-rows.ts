import { JOB_ROW_SCHEMA } from "../domain/job/row.ts";
import { JOB_STATES, type JobState } from "../domain/job/state.ts";
import type { WorkloadRow, WorkloadRows, WorkloadSearch } from "../domain/ports/workload-rows.ts";
import { checkSchema } from "../domain/stored.ts";

type Row = {
  public_id: string;
  state: string;
  created_at_ms: number;
  updated_at_ms: number;
  params: string;
  files_deleted_at_ms: number | null;
  schema: number;
};

const COLUMNS = "public_id, state, created_at_ms, updated_at_ms, params, files_deleted_at_ms, schema";

const stateOf = (text: string): JobState => {
  const state = JOB_STATES.find((known) => known === text);
  if (state === undefined) throw new Error("a row has a state that does not exist");
  return state;
};

const workloadRow = (row: Row): WorkloadRow => {
  checkSchema("a workload job's row", row.schema, JOB_ROW_SCHEMA);
  return {
    id: row.public_id,
    state: stateOf(row.state),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    params: row.params,
    filesDeletedAtMs: row.files_deleted_at_ms,
  };
};

/** The exclusive upper end of the page: the last row of the one before, or the first instant that is too late. */
const endOf = ({ after, toMs }: WorkloadSearch): readonly [number, string] =>
  after !== null && after.createdAtMs <= toMs ? [after.createdAtMs, after.id] : [toMs + 1, ""];

/** Searches the workload jobs in the `jobs` table; one index answers each kind of search (migrations/0003). */
export const d1WorkloadRows = (db: D1Database): WorkloadRows => ({
  search: async (query) => {
    const { path, owner, state, fromMs, limit } = query;
    const [endMs, endId] = endOf(query);
    const values = [path, owner, fromMs, endMs, endId, limit, ...(state === null ? [] : [state])];
    const { results } = await db
      .prepare(
        `SELECT ${COLUMNS} FROM jobs
         WHERE face = 'workloads' AND workload = ?1 AND owner = ?2 ${state === null ? "" : "AND state = ?7"}
           AND created_at_ms >= ?3 AND (created_at_ms, public_id) < (?4, ?5)
         ORDER BY created_at_ms DESC, public_id DESC LIMIT ?6`,
      )
      .bind(...values)
      .all<Row>();
    return results.map(workloadRow);
  },
});
