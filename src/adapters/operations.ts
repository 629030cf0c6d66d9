import { BLOCK_KINDS, type Block } from "../domain/access/block.ts";
import { JOB_ROW_SCHEMA } from "../domain/job/row.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { Logger } from "../domain/ports/logger.ts";
import type { Gates, JobSelection, Operations, OperatorJob, Unfinished } from "../domain/ports/operations.ts";
import type { Count } from "../domain/ports/tally.ts";
import { checkSchema } from "../domain/stored.ts";
import { TYPED_JOB_ROW_SCHEMA } from "../domain/typed-jobs/row.ts";
import { writeTally } from "./tally.ts";

type BlockRow = {
  readonly id: string;
  readonly kind: string;
  readonly value: string;
  readonly reason: string;
  readonly created_at_ms: number;
  readonly until_ms: number | null;
};
type JobRow = {
  readonly ref: string;
  readonly face: OperatorJob["face"];
  readonly state: string;
  readonly owner: string | null;
  readonly created_at_ms: number;
  readonly updated_at_ms: number | null;
  readonly finished_at_ms: number | null;
  readonly schema: number;
};

const KNOWN_MS = 30_000;
const MAINTENANCE = "maintenance";
const known = new WeakMap<D1Database, { readonly atMs: number; readonly gates: Gates }>();

const blockFrom = (row: BlockRow): Block[] => {
  const kind = BLOCK_KINDS.find((one) => one === row.kind);
  const { id, value, reason, created_at_ms: createdAtMs, until_ms: untilMs } = row;
  return kind === undefined ? [] : [{ id, kind, value, reason, createdAtMs, untilMs }];
};

const jobFrom = (row: JobRow): OperatorJob => {
  checkSchema("a job's row", row.schema, row.face === "jobs" ? TYPED_JOB_ROW_SCHEMA : JOB_ROW_SCHEMA);
  return {
    ref: row.ref,
    face: row.face,
    state: row.state,
    owner: row.owner === "" ? null : row.owner,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    finishedAtMs: row.finished_at_ms,
  };
};

type Table = {
  readonly select: string;
  readonly created: string;
  readonly ref: string;
  readonly state: string;
};

const JOBS: Table = {
  select: `SELECT 'job.' || object_id AS ref, face, state, owner, created_at_ms, updated_at_ms, finished_at_ms,
    schema FROM jobs`,
  created: "created_at_ms",
  ref: "'job.' || object_id",
  state: "state",
};
const TYPED_JOBS: Table = {
  select: `SELECT 'typed.' || job_id AS ref, 'jobs' AS face, status AS state, owner,
    registered_at_ms AS created_at_ms, NULL AS updated_at_ms, NULL AS finished_at_ms, schema
    FROM typed_jobs`,
  created: "registered_at_ms",
  ref: "'typed.' || job_id",
  state: "status",
};

const conditionsOf = (
  table: Table,
  selection: JobSelection,
): { sql: string; values: (string | number)[] } => {
  const { face, state, owner, createdBeforeMs, after } = selection;
  const all: [string, readonly (string | number)[]][] = [
    ...(face === null || face === "jobs" ? [] : [["face = ?", [face]] as [string, string[]]]),
    ...(state === null ? [] : [[`${table.state} = ?`, [state]] as [string, string[]]]),
    ...(owner === null ? [] : [["owner = ?", [owner]] as [string, string[]]]),
    ...(createdBeforeMs === null ? [] : [[`${table.created} < ?`, [createdBeforeMs]] as [string, number[]]]),
    ...(after === null
      ? []
      : [
          [
            `(${table.created} < ? OR (${table.created} = ? AND ${table.ref} < ?))`,
            [after.createdAtMs, after.createdAtMs, after.ref],
          ] as [string, (string | number)[]],
        ]),
  ];
  const sql = all.length === 0 ? "" : `WHERE ${all.map(([text]) => text).join(" AND ")}`;
  return { sql, values: all.flatMap(([, values]) => [...values]) };
};

/** So many of what has not ended are looked at, the oldest first, of each face or status: no more are counted. */
const LOOKED_AT = 1_000;
const UNFINISHED_JOBS = `SELECT face, state, count(*) AS count, min(created_at_ms) AS oldestCreatedAtMs FROM
  (SELECT face, state, created_at_ms FROM jobs WHERE finished_at_ms IS NULL AND face = ?1
   ORDER BY created_at_ms LIMIT ?2) GROUP BY state`;
const UNFINISHED_TYPED_JOBS = `SELECT 'jobs' AS face, ?1 AS state, count(*) AS count,
  min(registered_at_ms) AS oldestCreatedAtMs FROM
  (SELECT registered_at_ms FROM typed_jobs WHERE status = ?1 ORDER BY registered_at_ms LIMIT ?2)`;

/** Blocks, switches, audit and lists in D1 (migrations/0007); the gates are remembered for half a minute. */
export const d1Operations = (db: D1Database, now: Clock, log: Logger): Operations => {
  const listed = async (table: Table, selection: JobSelection): Promise<OperatorJob[]> => {
    const { sql, values } = conditionsOf(table, selection);
    const order = `ORDER BY ${table.created} DESC, ref DESC LIMIT ?`;
    const statement = db.prepare(`${table.select} ${sql} ${order}`).bind(...values, selection.limit);
    return (await statement.all<JobRow>()).results.map(jobFrom);
  };
  const run = async (sql: string, ...values: unknown[]): Promise<number> =>
    (
      await db
        .prepare(sql)
        .bind(...values)
        .run()
    ).meta.changes;
  const changedGates = async (sql: string, ...values: unknown[]): Promise<number> => {
    const changes = await run(sql, ...values);
    known.delete(db);
    return changes;
  };
  return {
    gates: async () => {
      const atMs = now();
      const before = known.get(db);
      if (before !== undefined && atMs >= before.atMs && atMs - before.atMs < KNOWN_MS) return before.gates;
      const [blocks, switches] = await db.batch([
        db.prepare("SELECT * FROM blocks WHERE until_ms IS NULL OR until_ms > ?1").bind(atMs),
        db.prepare("SELECT value FROM switches WHERE name = ?1").bind(MAINTENANCE),
      ]);
      const [maintenance] = (switches?.results ?? []) as { value: string }[];
      const gates: Gates = {
        blocks: ((blocks?.results ?? []) as BlockRow[]).flatMap(blockFrom),
        maintenance: maintenance?.value ?? null,
      };
      known.set(db, { atMs, gates });
      return gates;
    },
    addBlock: async ({ id, kind, value, reason, createdAtMs, untilMs }) => {
      const sql = "INSERT INTO blocks VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
      await changedGates(sql, id, kind, value, reason, createdAtMs, untilMs);
    },
    removeBlock: async (id) => (await changedGates("DELETE FROM blocks WHERE id = ?1", id)) > 0,
    setMaintenance: async (message) => {
      if (message === null) await changedGates("DELETE FROM switches WHERE name = ?1", MAINTENANCE);
      else await changedGates("INSERT OR REPLACE INTO switches VALUES (?1, ?2)", MAINTENANCE, message);
    },
    jobs: async (selection) => {
      const { face, limit } = selection;
      const [core, typed] = await Promise.all([
        face === "jobs" ? [] : listed(JOBS, selection),
        face === null || face === "jobs" ? listed(TYPED_JOBS, selection) : [],
      ]);
      return [...core, ...typed]
        .sort((one, other) => other.createdAtMs - one.createdAtMs || (one.ref < other.ref ? 1 : -1))
        .slice(0, limit);
    },
    removeRow: async (ref) => {
      const [kind, id] = ref.split(".", 2);
      const where = kind === "job" ? "jobs WHERE object_id" : "typed_jobs WHERE job_id";
      await run(`DELETE FROM ${where} = ?1`, id);
    },
    unfinished: async () => {
      const jobs = db.prepare(UNFINISHED_JOBS);
      const typed = db.prepare(UNFINISHED_TYPED_JOBS);
      const answers = await db.batch<Unfinished>([
        ...["runs", "workloads"].map((face) => jobs.bind(face, LOOKED_AT)),
        ...["pending", "queued", "validating", "processing"].map((status) => typed.bind(status, LOOKED_AT)),
      ]);
      return answers.flatMap(({ results }) => results).filter(({ count }) => count > 0);
    },
    counts: async () => {
      await writeTally(db, log);
      return (await db.prepare("SELECT name, label, value FROM counters").all<Count>()).results;
    },
    audit: async ({ atMs, id, action, token, status, count }) => {
      await run("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)", atMs, id, action, token, status, count);
    },
  };
};
