import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecutorProcess, startExecutor } from "../executor/support/executor-process.ts";
import { type FakeWorker, startFakeWorker } from "../executor/support/fake-worker.ts";
import { makeRequest } from "../executor/support/jobs.ts";
import { median, quantile } from "./lib/figures.ts";

const programs = {
  python3: { file: "main.py", source: "print('hello')", bare: "/usr/bin/python3" },
  node: { file: "main.mjs", source: "console.log('hello')", bare: process.execPath },
  bash: { file: "main.sh", source: "echo hello", bare: "/bin/bash" },
} as const;
type Interpreter = keyof typeof programs;
const interpreters = Object.keys(programs) as readonly Interpreter[];
const concurrencies = [1, 2, 4, 8];
const ways = ["bare", "cold", "warm"] as const;
type Way = (typeof ways)[number];
type Job = () => Promise<void>;

const ROUNDS = 10;
const WARM_UP_ROUNDS = 2;
const JOBS = 40;
/** Between two measurements: the warm pool is filled again, and nothing of the last one runs on. */
const settleMs = (concurrency: number): number => 100 + 40 * concurrency;

/** One line of the table: latencies of a hello-world and what went through in a second. */
export interface BenchRow {
  readonly interpreter: Interpreter;
  readonly way: Way;
  readonly concurrency: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly jobsPerSecond: number;
  /** Share of the jobs a second that the bare interpreter does on this machine. */
  readonly shareOfBare: number;
}

const settle = (concurrency: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, settleMs(concurrency)));

const timed = async (job: Job): Promise<number> => {
  const fromMs = performance.now();
  await job();
  return performance.now() - fromMs;
};

/** Latencies of jobs that come so many at a time; each round measures every way, so that all see the same machine. */
const measureLatencies = async (
  concurrency: number,
  jobs: Readonly<Record<Way, Job>>,
): Promise<Record<Way, number[]>> => {
  const latencies: Record<Way, number[]> = { bare: [], cold: [], warm: [] };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (const way of ways) {
      await settle(concurrency);
      const measured = await Promise.all(Array.from({ length: concurrency }, () => timed(jobs[way])));
      if (round >= 0) latencies[way].push(...measured);
    }
  }
  return latencies;
};

/** Jobs a second when so many are always under way. */
const measureRate = async (concurrency: number, job: Job): Promise<number> => {
  await settle(concurrency);
  let left = JOBS;
  const work = async (): Promise<void> => {
    for (; left > 0; ) {
      left -= 1;
      await job();
    }
  };
  const tookMs = await timed(async () => {
    await Promise.all(Array.from({ length: concurrency }, work));
  });
  return (JOBS * 1_000) / tookMs;
};

const runBare = (command: string, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, [path], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/bin:/bin" },
    });
    child.stdout.resume();
    child.stderr.resume();
    child.once("error", reject);
    child.once("close", () => resolve());
  });

const runThrough = async (
  executor: ExecutorProcess,
  worker: FakeWorker,
  interpreter: Interpreter,
): Promise<void> => {
  const attempt = worker.open();
  const request = makeRequest(attempt, programs[interpreter].source, { interpreter });
  const answer = await executor.seat.offer(request);
  if (answer !== "accepted") throw new Error(`the executor answered ${answer}`);
  const { reason } = await attempt.finished;
  if (reason !== "exit") throw new Error(`the job ended with ${reason}`);
};

const benchConcurrency = async (
  interpreter: Interpreter,
  concurrency: number,
  jobs: Readonly<Record<Way, Job>>,
): Promise<BenchRow[]> => {
  const latencies = await measureLatencies(concurrency, jobs);
  const bareRate = await measureRate(concurrency, jobs.bare);
  const rates = {
    bare: bareRate,
    cold: await measureRate(concurrency, jobs.cold),
    warm: await measureRate(concurrency, jobs.warm),
  };
  return ways.map((way) => ({
    interpreter,
    way,
    concurrency,
    medianMs: median(latencies[way]),
    p95Ms: quantile(latencies[way], 0.95),
    jobsPerSecond: rates[way],
    shareOfBare: rates[way] / bareRate,
  }));
};

/**
 * Measures a hello-world from the request to the result's arrival, with a Worker that answers at once: bare
 * (the same program spawned from node), cold (no sandbox is ready) and warm. Latency is that of jobs that
 * find the pool full, jobs a second that of a queue that never runs empty. Only figures of one run can be
 * compared.
 */
export const benchExecutor = async (onRow: (row: BenchRow) => void): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "executor-bench-"));
  const worker = await startFakeWorker();
  const slots = { EXECUTOR_SLOTS: "8", EXECUTOR_ENVIRONMENTS_DIR: folder };
  const cold = await startExecutor({ env: { ...slots, EXECUTOR_WARM: "0" } });
  const warm = await startExecutor({ env: slots });
  try {
    for (const interpreter of interpreters) {
      const { file, source, bare } = programs[interpreter];
      writeFileSync(join(folder, file), source);
      const jobs = {
        bare: () => runBare(bare, join(folder, file)),
        cold: () => runThrough(cold, worker, interpreter),
        warm: () => runThrough(warm, worker, interpreter),
      };
      for (const concurrency of concurrencies) {
        for (const row of await benchConcurrency(interpreter, concurrency, jobs)) onRow(row);
      }
    }
  } finally {
    await Promise.all([cold.stop(), warm.stop()]);
    await worker.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

export const benchHeader = "interpreter  way   at once  median ms  p95 ms  jobs/s  of bare";

export const formatRow = (row: BenchRow): string =>
  [
    row.interpreter.padEnd(12),
    row.way.padEnd(5),
    String(row.concurrency).padStart(7),
    row.medianMs.toFixed(1).padStart(10),
    row.p95Ms.toFixed(1).padStart(7),
    row.jobsPerSecond.toFixed(1).padStart(7),
    `${Math.round(row.shareOfBare * 100)} %`.padStart(8),
  ].join(" ");

if (import.meta.main) {
  process.stdout.write(`${benchHeader}\n`);
  await benchExecutor((row) => process.stdout.write(`${formatRow(row)}\n`));
}
