import { waitUntil } from "cloudflare:workers";
import type { Clock } from "../domain/ports/clock.ts";
import type { Logger } from "../domain/ports/logger.ts";
import type { Tally } from "../domain/ports/tally.ts";

/** An isolate writes what it counted at most this often, however much that is. */
const WRITE_EVERY_MS = 10_000;
const UPSERT = `INSERT INTO counters VALUES (?1, ?2, ?3)
  ON CONFLICT (name, label) DO UPDATE SET value = value + excluded.value`;

/** What an isolate counted and has not written, by name and label. */
type Counts = Map<string, number>;
const isolate: { counts: Counts; wroteAtMs: number } = { counts: new Map(), wroteAtMs: 0 };

const plus = (counts: Counts, key: string, value: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + value);
};

const write = async (db: D1Database, log: Logger): Promise<void> => {
  const { counts } = isolate;
  isolate.counts = new Map();
  const statement = db.prepare(UPSERT);
  try {
    await db.batch([...counts].map(([key, value]) => statement.bind(...key.split("\0"), value)));
  } catch (error) {
    log.error("tally.failed", error);
    for (const [key, value] of counts) plus(isolate.counts, key, value);
  }
};

/**
 * Counts in the isolate, and adds to the table `counters` (migrations/0013) at once where nothing was written for a
 * while, else with what is counted later: a flood costs no more rows than a trickle. What an isolate has not written
 * when it ends is lost.
 */
export const d1Tally =
  (db: D1Database, now: Clock, log: Logger): Tally =>
  (name, label) => {
    plus(isolate.counts, `${name}\0${label}`, 1);
    const atMs = now();
    if (atMs - isolate.wroteAtMs < WRITE_EVERY_MS && atMs >= isolate.wroteAtMs) return;
    isolate.wroteAtMs = atMs;
    waitUntil(write(db, log));
  };

/** Writes what this isolate has counted so far, for who is about to read. */
export const writeTally = async (db: D1Database, log: Logger): Promise<void> => {
  if (isolate.counts.size > 0) await write(db, log);
};
