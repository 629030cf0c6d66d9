import { type ApiKey, dayOf, KEY_SCOPES } from "../domain/access/api-key.ts";
import type { ApiKeys } from "../domain/ports/api-keys.ts";
import type { Clock } from "../domain/ports/clock.ts";
import { Unavailable } from "../domain/typed-jobs/unavailable.ts";

type Row = {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly hash: string;
  readonly scopes: string;
  readonly quota_class: string;
  readonly created_at_ms: number;
  readonly expires_at_ms: number | null;
  readonly revoked_at_ms: number | null;
  readonly last_used_day: string | null;
};

/** A key that is revoked works for at most this long where it was just used. */
const KNOWN_MS = 30_000;
/** Texts that are no keys are remembered as well, so what is remembered has an end. */
const KNOWN_KEYS = 1_000;

type Known = { readonly atMs: number; readonly key: ApiKey | null };
type Memory = { readonly keys: Map<string, Known>; emptyAtMs: number | null };
const memories = new WeakMap<D1Database, Memory>();

const memoryOf = (db: D1Database): Memory => {
  const memory = memories.get(db) ?? { keys: new Map(), emptyAtMs: null };
  memories.set(db, memory);
  return memory;
};

const isFresh = (atMs: number, now: number): boolean => now >= atMs && now - atMs < KNOWN_MS;

const remember = ({ keys }: Memory, hash: string, known: Known): void => {
  keys.delete(hash);
  keys.set(hash, known);
  const [oldest] = keys.keys();
  if (keys.size > KNOWN_KEYS && oldest !== undefined) keys.delete(oldest);
};

const keyFrom = (row: Row): ApiKey => ({
  id: row.id,
  owner: row.owner,
  name: row.name,
  hash: row.hash,
  scopes: KEY_SCOPES.filter((scope) => row.scopes.split(" ").includes(scope)),
  quotaClass: row.quota_class,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  revokedAtMs: row.revoked_at_ms,
  lastUsedDay: row.last_used_day,
});

const answered = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw new Unavailable("D1", error);
  }
};

/** The `api_keys` table in D1 (migrations/0005), remembered by each isolate for half a minute. */
export const d1ApiKeys = (db: D1Database, now: Clock): ApiKeys => {
  const memory = memoryOf(db);
  const first = (sql: string, ...values: unknown[]): Promise<Row | null> =>
    answered(
      db
        .prepare(sql)
        .bind(...values)
        .first<Row>(),
    );
  const noteUse = async (key: ApiKey, today: string): Promise<void> => {
    if (key.lastUsedDay === today) return;
    await answered(
      db.prepare("UPDATE api_keys SET last_used_day = ?2 WHERE id = ?1").bind(key.id, today).run(),
    );
  };
  return {
    byHash: async (hash) => {
      const atMs = now();
      const known = memory.keys.get(hash);
      if (known !== undefined && isFresh(known.atMs, atMs)) return known.key;
      const row = await first("SELECT * FROM api_keys WHERE hash = ?1", hash);
      const key = row === null ? null : keyFrom(row);
      if (key !== null) await noteUse(key, dayOf(atMs));
      remember(memory, hash, { atMs, key });
      return key;
    },
    hasSeen: (hash) => (memory.keys.get(hash)?.key ?? null) !== null,
    isEmpty: async () => {
      if (memory.emptyAtMs !== null && isFresh(memory.emptyAtMs, now())) return true;
      const isEmpty = (await first("SELECT id FROM api_keys LIMIT 1")) === null;
      memory.emptyAtMs = isEmpty ? now() : null;
      return isEmpty;
    },
    byId: async (id) => {
      const row = await first("SELECT * FROM api_keys WHERE id = ?1", id);
      return row === null ? null : keyFrom(row);
    },
    list: async (after, limit) => {
      const sql = "SELECT * FROM api_keys WHERE id > ?1 ORDER BY id LIMIT ?2";
      const { results } = await answered(
        db
          .prepare(sql)
          .bind(after ?? "", limit)
          .all<Row>(),
      );
      return results.map(keyFrom);
    },
    add: async (key) => {
      const insert = db.prepare(
        `INSERT INTO api_keys (id, owner, name, hash, scopes, quota_class, created_at_ms, expires_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (hash) DO NOTHING`,
      );
      const { id, owner, name, hash, scopes, quotaClass, createdAtMs, expiresAtMs } = key;
      const values = [id, owner, name, hash, scopes.join(" "), quotaClass, createdAtMs, expiresAtMs];
      const { meta } = await answered(insert.bind(...values).run());
      memory.keys.delete(hash);
      memory.emptyAtMs = null;
      return meta.changes > 0;
    },
    endAt: async (id, revokedAtMs) => {
      const row = await first(
        `UPDATE api_keys SET revoked_at_ms = MIN(COALESCE(revoked_at_ms, ?2), ?2) WHERE id = ?1 RETURNING *`,
        id,
        revokedAtMs,
      );
      if (row !== null) memory.keys.delete(row.hash);
      return row !== null;
    },
  };
};
