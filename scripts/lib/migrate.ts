import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_splitSqlQuery } from "wrangler";
import { root } from "./local.ts";
import { workerConfig } from "./worker-config.ts";

type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

/** wrangler's own table, so that `wrangler d1 migrations` sees the same state. */
const createTable = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

const appliedNames = async (database: Database): Promise<Set<string>> => {
  await database.prepare(createTable).run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  return new Set(results.map(({ name }) => name));
};

const applyPending = async (database: Database, migrationsDir: string): Promise<string[]> => {
  const applied = await appliedNames(database);
  const names = (await readdir(migrationsDir)).filter((name) => name.endsWith(".sql")).sort();
  const pending = names.filter((name) => !applied.has(name));
  for (const name of pending) {
    const queries = unstable_splitSqlQuery(await readFile(path.join(migrationsDir, name), "utf8"));
    await database.batch([
      ...queries.map((query) => database.prepare(query)),
      database.prepare("INSERT INTO d1_migrations(name) VALUES (?)").bind(name),
    ]);
  }
  return pending;
};

/**
 * Brings the local databases of wrangler.toml up to date before the Worker is served. Each migration is
 * applied whole or not at all. Answers the names of those it applied.
 */
export const migrate = async (persistenceDir: string): Promise<string[]> => {
  const { d1_databases: databases } = workerConfig();
  const ids = Object.fromEntries(
    databases.map(({ binding, database_id }) => [binding, { id: database_id ?? binding }]),
  );
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default { fetch: () => new Response(null, { status: 404 }) };",
      d1Databases: ids,
      resourcePersistencePath: persistenceDir,
      cf: false,
    }),
  );
  try {
    const applied: string[] = [];
    for (const { binding, migrations_dir } of databases) {
      const database = await miniflare.getD1Database(binding);
      applied.push(...(await applyPending(database, path.join(root, migrations_dir ?? "migrations"))));
    }
    return applied;
  } finally {
    await miniflare.dispose();
  }
};
