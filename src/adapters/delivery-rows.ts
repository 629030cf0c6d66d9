import {
  type DeliveryRow,
  type DeliveryRows,
  type DeliverySelection,
  URGENCY,
} from "../domain/ports/delivery-rows.ts";

type Row = {
  readonly id: string;
  readonly urgency: number;
  readonly type: DeliveryRow["type"];
  readonly endpoint: DeliveryRow["endpoint"];
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error: DeliveryRow["lastError"];
  readonly next_attempt_at_ms: number | null;
  readonly updated_at_ms: number;
};

const rowFrom = (row: Row): DeliveryRow => ({
  id: row.id,
  state: URGENCY[row.urgency] ?? "failed",
  type: row.type,
  endpoint: row.endpoint,
  attempts: row.attempts,
  lastStatus: row.last_status,
  lastError: row.last_error,
  nextAttemptAtMs: row.next_attempt_at_ms,
  updatedAtMs: row.updated_at_ms,
});

const PAGE = `SELECT * FROM webhook_deliveries WHERE urgency = ?1 AND (updated_at_ms, id) < (?2, ?3)
  ORDER BY updated_at_ms DESC, id DESC LIMIT ?4`;
/** The states before `delivered`, which stands last. */
const UNDELIVERED = URGENCY.filter((state) => state !== "delivered");
/** Behind every id. */
const LAST = "~";

/** A stretch of the index for each state that the page may reach into. */
const stretchesOf = ({ state, after }: DeliverySelection) => {
  const first = after === null ? 0 : URGENCY.indexOf(after.state);
  return URGENCY.map((one, urgency) => ({ one, urgency }))
    .filter(({ one, urgency }) => urgency >= first && (state === null || state === one))
    .map(({ urgency }) => ({
      urgency,
      atMs: urgency === first && after !== null ? after.updatedAtMs : Number.MAX_SAFE_INTEGER,
      id: urgency === first && after !== null ? after.id : LAST,
    }));
};

/** The `webhook_deliveries` table in D1 (migrations/0012). */
export const d1DeliveryRows = (db: D1Database): DeliveryRows => ({
  upsert: async (row) => {
    const { id, state, type, endpoint, attempts, lastStatus, lastError, nextAttemptAtMs, updatedAtMs } = row;
    await db
      .prepare("INSERT OR REPLACE INTO webhook_deliveries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
      .bind(
        id,
        URGENCY.indexOf(state),
        type,
        endpoint,
        attempts,
        lastStatus,
        lastError,
        nextAttemptAtMs,
        updatedAtMs,
      )
      .run();
  },
  remove: async (id) => {
    await db.prepare("DELETE FROM webhook_deliveries WHERE id = ?1").bind(id).run();
  },
  page: async (selection) => {
    const statement = db.prepare(PAGE);
    const stretches = stretchesOf(selection);
    if (stretches.length === 0) return [];
    const found = await db.batch<Row>(
      stretches.map(({ urgency, atMs, id }) => statement.bind(urgency, atMs, id, selection.limit)),
    );
    return found.flatMap(({ results }) => results.map(rowFrom)).slice(0, selection.limit);
  },
  undelivered: async () => {
    const { results } = await db
      .prepare(
        "SELECT urgency, count(*) AS count FROM webhook_deliveries WHERE urgency < ?1 GROUP BY urgency",
      )
      .bind(UNDELIVERED.length)
      .all<{ urgency: number; count: number }>();
    const counts = new Map(results.map(({ urgency, count }) => [urgency, count]));
    return UNDELIVERED.map((state, urgency) => ({ state, count: counts.get(urgency) ?? 0 }));
  },
});
