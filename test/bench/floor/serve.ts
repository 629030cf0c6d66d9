import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bindRuntimeToThisProcess } from "../../../scripts/lib/bound-process.ts";

/** Serves the empty Worker as `npm start` serves the real one; prints its address, and ends with its stdin. */
bindRuntimeToThisProcess();
const state = await mkdtemp(path.join(tmpdir(), "sandpiper-floor-"));
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: path.join(import.meta.dirname, "worker.js") }],
    modulesRoot: import.meta.dirname,
    compatibilityDate: "2026-11-01",
    durableObjects: { CELL: { className: "Cell", useSQLite: true } },
    d1Databases: { DB: "floor" },
    queueProducers: { QUEUE: { queueName: "floor" } },
    queueConsumers: { floor: { maxBatchSize: 10, maxBatchTimeout: 0 } },
    resourcePersistencePath: state,
    host: "127.0.0.1",
    cf: false,
    logRequests: false,
    log: new Log(LogLevel.WARN),
  }),
);
const url = await miniflare.ready;
const database = await miniflare.getD1Database("DB");
await database.exec("CREATE TABLE jobs (id TEXT PRIMARY KEY, state TEXT NOT NULL)");
process.stdout.write(`${url.href}\n`);
await once(process.stdin.resume(), "end");
await miniflare.dispose();
await rm(state, { recursive: true, force: true });
