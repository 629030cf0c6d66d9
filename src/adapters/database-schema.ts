/** What the migrations make, by table, with those columns that came after it. */
export const MIGRATED: Readonly<Record<string, readonly string[]>> = {
  jobs: [
    "workload",
    "owner",
    "params",
    "files_deleted_at_ms",
    "door",
    "language",
    "verdict",
    "summary",
    "schema",
  ],
  typed_jobs: ["view_bytes", "expires_at_ms", "owner", "schema"],
  api_keys: [],
  blocks: [],
  switches: [],
  audit: [],
  webhook_deliveries: [],
  counters: [],
};

/** Tables, and columns as `table.column`, that a database lacks because its migrations were not applied. */
export const missingInDatabase = async (db: D1Database): Promise<string[]> => {
  const { results } = await db
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    .all<{ name: string; sql: string | null }>();
  const definitions = new Map(results.map(({ name, sql }) => [name, sql ?? ""]));
  return Object.entries(MIGRATED).flatMap(([table, columns]) => {
    const definition = definitions.get(table);
    if (definition === undefined) return [table];
    const names = new Set(definition.match(/\w+/g));
    return columns.filter((column) => !names.has(column)).map((column) => `${table}.${column}`);
  });
};
