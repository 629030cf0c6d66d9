import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecutorProcess, startExecutor } from "../executor/support/executor-process.ts";
import { type FakeWorker, startFakeWorker } from "../executor/support/fake-worker.ts";
import { call, makeRequest } from "../executor/support/jobs.ts";

const programs = {
  python3: { file: "main.py", source: "print('hello')", bare: "/usr/bin/python3" },
  node: { file: "main.mjs", source: "console.log('hello')", bare: process.execPath },
  bash: { file: "main.sh", source: "echo hello", bare: "/bin/bash" },
} as const;
type Interpreter = keyof typeof programs;
const interpreters = Object.keys(programs) as readonly Interpreter[];
const concurrencies = [1, 2, 4, 8];
const JOBS = 32;
const SETTLE_MS = 300;

/** One line of the table: latencies of a hello-world and what went through in a second. */
export interface BenchRow {
  readonly interpreter: Interpreter;
  readonly way: "bare" | "cold" | "warm";
  readonly concurrency: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly jobsPerSecond: number;
  /** Share of the jobs a second that the bare interpreter does on this machine. */
  readonly shareOfBare: number;
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** Runs `JOBS` jobs, so many at a time. */
const measure = async (concurrency: number, job: () => Promise<void>) => {
  const latencies: number[] = [];
  let left = JOBS;
  const startMs = performance.now();
  const work = async (): Promise<void> => {
    for (; left > 0; ) {
      left -= 1;
      const fromMs = performance.now();
      await job();
      latencies.push(performance.now() - fromMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - startMs) / 1_000;
  return {
    medianMs: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    jobsPerSecond: JOBS / seconds,
  };
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
  const request = makeRequest(worker, attempt, programs[interpreter].source, { interpreter });
  const response = await call(executor, "POST", "/attempts", request);
  if (response.status !== 202) throw new Error(`the executor answered ${response.status}`);
  const { reason } = await attempt.finished;
  if (reason !== "exit") throw new Error(`the job ended with ${reason}`);
};

/**
 * Measures a hello-world from the request to the result's arrival, with a Worker that answers at once: bare
 * (the same program spawned from node), cold (no sandbox is ready) and warm, in one interleaved series,
 * because only figures of one run can be compared.
 */
export const benchExecutor = async (onRow: (row: BenchRow) => void): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "executor-bench-"));
  const worker = await startFakeWorker();
  const slots = { EXECUTOR_SLOTS: "8", EXECUTOR_BACKLOG: "32", EXECUTOR_ENVIRONMENTS_DIR: folder };
  const cold = await startExecutor({ env: { ...slots, EXECUTOR_WARM: "0" } });
  const warm = await startExecutor({ env: slots });
  try {
    for (const interpreter of interpreters) {
      const { file, source, bare } = programs[interpreter];
      writeFileSync(join(folder, file), source);
      const ways = {
        bare: () => runBare(bare, join(folder, file)),
        cold: () => runThrough(cold, worker, interpreter),
        warm: () => runThrough(warm, worker, interpreter),
      };
      for (const concurrency of concurrencies) {
        let bareRate = 0;
        for (const way of ["bare", "cold", "warm"] as const) {
          await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
          const figures = await measure(concurrency, ways[way]);
          if (way === "bare") bareRate = figures.jobsPerSecond;
          onRow({ interpreter, way, concurrency, ...figures, shareOfBare: figures.jobsPerSecond / bareRate });
        }
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
