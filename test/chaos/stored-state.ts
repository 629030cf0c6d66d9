import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize } from "node:v8";

/**
 * What a local service has on its disk, read from the SQLite files as they lie there: not a line of the
 * service's own code looks at it. Values are in V8's own serialization, as the runtime writes them.
 */
export type StoredObject = { readonly objectId: string; readonly values: ReadonlyMap<string, unknown> };

export type StoredState = {
  readonly jobs: readonly StoredObject[];
  readonly typedJobs: readonly StoredObject[];
  readonly quotas: readonly StoredObject[];
  readonly pools: readonly StoredObject[];
  readonly jobRows: readonly Record<string, unknown>[];
  readonly typedRows: readonly Record<string, unknown>[];
  readonly bucketKeys: readonly string[];
};

const has = (database: DatabaseSync, table: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== undefined;

const databasesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
        .map((name) => path.join(folder, name))
    : [];

const reading = <T>(file: string, read: (database: DatabaseSync) => T): T => {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    return read(database);
  } finally {
    database.close();
  }
};

const rowsOf = (file: string, table: string): Record<string, unknown>[] =>
  reading(file, (database) =>
    has(database, table)
      ? database
          .prepare(`SELECT * FROM "${table}"`)
          .all()
          .map((row) => ({ ...row }))
      : [],
  );

const objectsOf = (folder: string): StoredObject[] =>
  databasesIn(folder).map((file) => ({
    objectId: path.basename(file, ".sqlite"),
    values: new Map(
      rowsOf(file, "_cf_KV").map(({ key, value }) => [String(key), deserialize(value as Uint8Array)]),
    ),
  }));

/** Reads the state below `persistenceDir`, which is best at rest. */
export const readStoredState = (persistenceDir: string): StoredState => {
  const objects = (name: string): StoredObject[] =>
    objectsOf(path.join(persistenceDir, "do", `sandpiper-${name}`));
  const rows = (kind: string, folder: string, table: string): Record<string, unknown>[] =>
    databasesIn(path.join(persistenceDir, kind, folder)).flatMap((file) => rowsOf(file, table));
  return {
    jobs: objects("JobObject"),
    typedJobs: objects("TypedJobObject"),
    quotas: objects("QuotaObject"),
    pools: objects("PoolObject"),
    jobRows: rows("d1", "miniflare-D1DatabaseObject", "jobs"),
    typedRows: rows("d1", "miniflare-D1DatabaseObject", "typed_jobs"),
    bucketKeys: rows("r2", "miniflare-R2BucketObject", "_mf_objects").map(({ key }) => String(key)),
  };
};
