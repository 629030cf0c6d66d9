import { JOB_ROW_SCHEMA } from "../domain/job/row.ts";
import type { JobRow, JobRows } from "../domain/ports/job-rows.ts";
import { missingInDatabase } from "./database-schema.ts";

const UPSERT = `INSERT INTO jobs
  (object_id, public_id, face, state, version, created_at_ms, updated_at_ms, finished_at_ms,
   workload, owner, params, files_deleted_at_ms, door, language, verdict, summary, schema)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
  ON CONFLICT (object_id) DO UPDATE SET
    state = excluded.state, version = excluded.version,
    updated_at_ms = excluded.updated_at_ms, finished_at_ms = excluded.finished_at_ms,
    files_deleted_at_ms = excluded.files_deleted_at_ms, verdict = excluded.verdict, summary = excluded.summary,
    schema = excluded.schema
  WHERE excluded.version > jobs.version`;

/** The `jobs` table in D1 (migrations/0001, 0003 and 0011). */
export const d1JobRows = (db: D1Database): JobRows => ({
  upsert: async (row: JobRow) => {
    await db
      .prepare(UPSERT)
      .bind(
        row.objectId,
        row.publicId,
        row.face,
        row.state,
        row.version,
        row.createdAtMs,
        row.updatedAtMs,
        row.finishedAtMs,
        row.workload?.path ?? null,
        row.owner,
        row.workload?.params ?? null,
        row.workload?.filesDeletedAtMs ?? null,
        row.door,
        row.language,
        row.verdict,
        row.summary,
        JOB_ROW_SCHEMA,
      )
      .run();
  },
  remove: async (objectId) => {
    await db.prepare("DELETE FROM jobs WHERE object_id = ?1").bind(objectId).run();
  },
  known: async (objectIds) => {
    const { results } = await db
      .prepare("SELECT object_id FROM jobs WHERE object_id IN (SELECT value FROM json_each(?1))")
      .bind(JSON.stringify(objectIds))
      .all<{ object_id: string }>();
    return new Set(results.map((row) => row.object_id));
  },
  missing: () => missingInDatabase(db),
  doorCounts: async (door, sinceMs) => {
    const { results } = await db
      .prepare(
        `SELECT language, verdict, count(*) AS n, sum(created_at_ms >= ?2) AS today FROM jobs
         WHERE door = ?1 GROUP BY language, verdict`,
      )
      .bind(door, sinceMs)
      .all<{ language: string | null; verdict: string | null; n: number; today: number }>();
    const byName = (nameOf: (row: (typeof results)[number]) => string | null) => {
      const counts = new Map<string, number>();
      for (const row of results) {
        const name = nameOf(row);
        if (name !== null) counts.set(name, (counts.get(name) ?? 0) + row.n);
      }
      return [...counts].map(([name, count]) => ({ name, count }));
    };
    return {
      total: results.reduce((sum, { n }) => sum + n, 0),
      today: results.reduce((sum, { today }) => sum + today, 0),
      languages: byName(({ language }) => language),
      verdicts: byName(({ verdict }) => verdict),
    };
  },
  unfinishedBefore: async (createdAtMs, waitingCreatedAtMs, limit) => {
    const { results } = await db
      .prepare(
        `SELECT object_id FROM jobs WHERE finished_at_ms IS NULL AND created_at_ms < ?1
           AND (state <> 'created' OR created_at_ms < ?2)
         ORDER BY created_at_ms LIMIT ?3`,
      )
      .bind(createdAtMs, waitingCreatedAtMs, limit)
      .all<{ object_id: string }>();
    return results.map((row) => row.object_id);
  },
  finishedBefore: async ({ runsFinishedAtMs, filesCreatedAtMs, rowsCreatedAtMs }, { startId, limit }) => {
    const statements = ["object_id >= ?3", "object_id < ?3"].map((side) =>
      db
        .prepare(
          `SELECT object_id FROM
             (SELECT object_id, face, created_at_ms, finished_at_ms, files_deleted_at_ms FROM jobs
              WHERE ${side} ORDER BY object_id LIMIT ?4)
           WHERE finished_at_ms IS NOT NULL AND CASE face WHEN 'runs' THEN finished_at_ms < ?1
             ELSE CASE WHEN files_deleted_at_ms IS NULL THEN created_at_ms < ?2 ELSE created_at_ms < ?5 END END`,
        )
        .bind(runsFinishedAtMs, filesCreatedAtMs, startId, limit, rowsCreatedAtMs),
    );
    const found = await db.batch<{ object_id: string }>(statements);
    return found.flatMap(({ results }) => results.map((row) => row.object_id));
  },
});
