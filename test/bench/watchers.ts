import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { optionsOf } from "../../scripts/lib/usage.ts";
import { printer, type Watched, watchTogether, watchWithoutReading } from "../e2e/support/log-watchers.ts";
import type { Server } from "../e2e/support/server.ts";
import { ms, quantile, table } from "./lib/figures.ts";
import { clientOf, startService } from "./lib/service.ts";

/**
 * `node test/bench/watchers.ts`: one run prints 10 MB, the cap, while 500 sockets watch it and one more
 * never reads; beside it the same run without watchers. Watchers and service share the machine's cores, so
 * how fast the watchers get their 5 GB is the machine's figure; what the run itself takes is the service's.
 */
const values = optionsOf(
  "Usage: node test/bench/watchers.ts [--watchers N] [--megabytes N]\n\nMeasures many watchers of one run.",
  {
    watchers: { type: "string", default: "500" },
    megabytes: { type: "string", default: "10" },
  },
);
const watchers = Number(values.watchers);
const bytes = Number(values.megabytes) * 1_000_000;
const PAUSE_SECONDS = 5;
const LOOK_MS = 200;
const MIB = 1_048_576;

const residentBytes = (pid: string): number => {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1_024;
  } catch {
    // It ended between the listing and the look.
    return 0;
  }
};

const parentOf = (pid: string): number => {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    // As above.
    return 0;
  }
};

/** Looks at the memory of the Workers' runtime, the child of `npm start`, until it is stopped. */
const watchMemory = async (server: Server) => {
  const { pid } = await server.running();
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  const look = (): number => Math.max(0, ...children.map(residentBytes));
  const beforeBytes = look();
  let peakBytes = beforeBytes;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, look());
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    return { beforeBytes, peakBytes };
  };
};

const measure = async (server: Server, count: number) => {
  const client = clientOf(server);
  const { job_id: id } = await client.submit({
    code: printer(bytes, PAUSE_SECONDS),
    cpu_seconds: 60,
  });
  const stopMemory = await watchMemory(server);
  const idler = count > 0 ? await watchWithoutReading(server.url, id) : null;
  const crowd = watchTogether(server.url, id, count);
  const openedMs = await crowd.opened;
  const report = await client.wait(id);
  const watched = await crowd.ended;
  const memory = stopMemory();
  const idled = await idler?.read();
  return { count, openedMs, report, watched, memory, records: crowd.records, idled };
};
type Measured = Awaited<ReturnType<typeof measure>>;

const isWhole = (watcher: Watched, { records }: Measured): boolean =>
  watcher.closeCode === 1000 && watcher.isLikeTheOthers && watcher.records === records.length;

const rowOf = (measured: Measured): string[] => {
  const { count, openedMs, report, watched, memory } = measured;
  const firsts = watched.map(({ firstMs }) => firstMs ?? Number.NaN);
  const ends = watched.map(({ endMs }) => endMs);
  return [
    String(count),
    ms(openedMs),
    `${(report.wall_time - PAUSE_SECONDS).toFixed(2)} s`,
    String(watched.filter((watcher) => isWhole(watcher, measured)).length),
    `${ms(quantile(firsts, 0))} / ${ms(quantile(firsts, 1))}`,
    `${ms(quantile(ends, 0))} / ${ms(quantile(ends, 1))}`,
    (bytes / 1_000 / (quantile(ends, 0) - quantile(firsts, 0))).toFixed(0),
    `${Math.round(memory.beforeBytes / MIB)} / ${Math.round(memory.peakBytes / MIB)}`,
  ];
};

const server = await startService();
try {
  const alone = await measure(server, 0);
  const crowded = await measure(server, watchers);
  const heading = [
    "watchers",
    "open, ms",
    "run, less its pause",
    "whole and alike",
    "first record, ms (first / last watcher)",
    "end, ms (first / last watcher)",
    "MB/s to the first",
    "runtime's memory, MiB (before / peak)",
  ];
  const { idled } = crowded;
  process.stdout.write(
    `${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}; ${bytes / 1e6} MB printed\n\n` +
      `${table(heading, [rowOf(alone), rowOf(crowded)])}\n\n` +
      `the watcher that never read: ${idled?.seqs.length} of ${crowded.records.length} records, ` +
      `then ${idled?.code} "${idled?.reason}"\n`,
  );
} finally {
  await server.stop();
}
