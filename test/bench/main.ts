import { availableParallelism, loadavg } from "node:os";
import { optionsOf } from "../../scripts/lib/usage.ts";
import type { Server } from "../e2e/support/server.ts";
import { benchCpu } from "./cpu.ts";
import { benchEnvironments } from "./environments.ts";
import { benchExecutor, benchHeader, formatRow } from "./executor.ts";
import { benchJudging } from "./judging.ts";
import { bareRun } from "./lib/bare.ts";
import { median, spread, table } from "./lib/figures.ts";
import { type Program, programs } from "./lib/programs.ts";
import {
  clientOf,
  printedToSocket,
  startService,
  submitToCompleted,
  submitToFirstLog,
  throughput,
} from "./lib/service.ts";
import { benchLimits } from "./limits.ts";
import { benchPool } from "./pool.ts";

/**
 * `npm run bench`: what a hello-world costs through the whole service, beside the bare interpreter in the
 * same run. First comes what a run takes of the CPU, which others on the machine hardly change, over `--runs N`
 * runs. Each round measures every other figure once, so that all of them see the same machine. `--rounds N` and
 * `--seconds N` (for each throughput) make it longer; `--pool` adds what placing costs and how 1, 2 and 4
 * executors share the work; `--executor` adds the executor by itself: its own latency and throughput, what an
 * environment costs, and how far a program gets beyond each limit.
 */
const values = optionsOf(
  "Usage: npm run bench -- [--runs N] [--rounds N] [--seconds N] [--pool] [--executor]",
  {
    runs: { type: "string", default: "200" },
    rounds: { type: "string", default: "30" },
    seconds: { type: "string", default: "5" },
    executor: { type: "boolean", default: false },
    pool: { type: "boolean", default: false },
  },
);
const rounds = Number(values.rounds);
const durationMs = Number(values.seconds) * 1_000;
const WARM_UP_ROUNDS = 3;
const CONCURRENCIES = [1, 2, 4, 8];

type Samples = Record<"bare" | "completed" | "firstLog" | "printed", number[]>;

const measure = async (server: Server, program: Program): Promise<Samples> => {
  const client = clientOf(server);
  const samples: Samples = { bare: [], completed: [], firstLog: [], printed: [] };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const bare = await bareRun(program);
    const completed = await submitToCompleted(client, program);
    const firstLog = await submitToFirstLog(client, program);
    const printed = await printedToSocket(client, program);
    if (round < 0) continue;
    samples.bare.push(bare);
    samples.completed.push(completed);
    samples.firstLog.push(firstLog);
    samples.printed.push(printed);
  }
  return samples;
};

const latencyRow = ({ interpreter }: Program, samples: Samples): string[] => [
  interpreter,
  spread(samples.bare),
  spread(samples.completed),
  `${(median(samples.completed) / median(samples.bare)).toFixed(1)}x`,
  spread(samples.firstLog),
  spread(samples.printed),
];

const latencyTable = async (server: Server): Promise<string> => {
  const rows: string[][] = [];
  for (const program of programs) rows.push(latencyRow(program, await measure(server, program)));
  return table(
    ["hello-world, ms", "bare", "submit -> completed", "ratio", "submit -> first log", "printed -> socket"],
    rows,
  );
};

const throughputTable = async (server: Server): Promise<string> => {
  const rows: string[][] = [];
  for (const program of programs) {
    const row: string[] = [program.interpreter];
    for (const concurrency of CONCURRENCIES) {
      row.push((await throughput(server, program, concurrency, durationMs)).toFixed(1));
    }
    rows.push(row);
  }
  return table(["runs per second", ...CONCURRENCIES.map((concurrency) => `${concurrency} at once`)], rows);
};

const machine = (): string =>
  `${availableParallelism()} cores, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(" ")}`;

const server = await startService();
try {
  process.stdout.write(`${machine()}; ${rounds} rounds, median / p95\n\n`);
  process.stdout.write(`${await benchCpu(server, programs, Number(values.runs))}\n\n`);
  process.stdout.write(`${await latencyTable(server)}\n\n`);
  process.stdout.write(`${await throughputTable(server)}\n\n`);
  process.stdout.write(`${await benchJudging(server)}\n\n${machine()} at the end\n`);
} finally {
  await server.stop();
}
if (values.pool) process.stdout.write(`\n${await benchPool(durationMs)}\n`);
if (values.executor) {
  process.stdout.write(`\nThe executor by itself\n${benchHeader}\n`);
  await benchExecutor((row) => process.stdout.write(`${formatRow(row)}\n`));
  process.stdout.write(`\n${await benchEnvironments()}\n\n${await benchLimits()}\n`);
}
