import type { AttemptLimits } from "../../src/wire/attempt.ts";
import { startExecutor } from "../executor/support/executor-process.ts";
import { startFakeWorker } from "../executor/support/fake-worker.ts";
import { type JobResult, runJob } from "../executor/support/jobs.ts";
import { ms, spread, table } from "./lib/figures.ts";

const MIB = 1024 * 1024;
const ROUNDS = 12;
/** What each limit is to be over within, once it is passed. */
const WITHIN_MS = 250;

interface Case {
  readonly name: string;
  readonly limits: Partial<AttemptLimits>;
  readonly source: string;
  readonly reason: JobResult["finished"]["reason"];
  /** How far the program got beyond its limit. */
  readonly overshootMs: (result: JobResult) => number;
}

const burn = (processes: number): string => `
import os
for _ in range(${Math.log2(processes)}): os.fork()
while True: pass
`;
const cpuCase = (processes: number): Case => ({
  name: `CPU time, ${processes} busy`,
  limits: { cpuMs: 500 },
  source: burn(processes),
  reason: "timeout_cpu",
  overshootMs: ({ finished }) => finished.cpuSeconds * 1_000 - 500,
});
/** The program says when it is about to pass its limit; from then on counts until nothing of it is left. */
const announced = (act: string, before = ""): string =>
  `import os, time\n${before}\nos.write(2, str(time.time() * 1000).encode())\n${act}\n`;
const sinceAnnounced = ({ stderr, finished, attempt }: JobResult): number => {
  const startedAtMs = attempt.events.find((event) => event.type === "started")?.atMs ?? Number.NaN;
  return startedAtMs + finished.wallTimeMs - Number(stderr);
};

const cases: readonly Case[] = [
  {
    name: "wall time",
    limits: { timeoutMs: 400 },
    source: "import time; time.sleep(30)",
    reason: "timeout_wall",
    overshootMs: ({ finished }) => finished.wallTimeMs - 400,
  },
  cpuCase(1),
  cpuCase(8),
  {
    name: "memory, 1 process",
    limits: { memoryBytes: 64 * MIB },
    source: announced("x = bytearray(400_000_000)\ntime.sleep(30)"),
    reason: "memory",
    overshootMs: sinceAnnounced,
  },
  {
    name: "memory, 8 processes",
    limits: { memoryBytes: 64 * MIB },
    source: announced("for _ in range(3): os.fork()\nx = bytearray(40_000_000)\ntime.sleep(30)"),
    reason: "memory",
    overshootMs: sinceAnnounced,
  },
  {
    name: "output",
    limits: { outputBytesPerStream: 4 * MIB },
    source: announced(
      "while True: os.write(1, bytes(65536))",
      `for _ in range(64): os.write(1, bytes(65536))`,
    ),
    reason: "output_limit",
    overshootMs: sinceAnnounced,
  },
];

/** Measures how far programs get beyond each limit; as root at level 1, else at level 2. */
export const benchLimits = async (): Promise<string> => {
  const worker = await startFakeWorker();
  const executor = await startExecutor();
  const rows: string[][] = [];
  try {
    for (const { name, limits, source, reason, overshootMs } of cases) {
      const samples: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const result = await runJob(executor, worker, source, { limits });
        if (result.finished.reason !== reason) {
          throw new Error(`${name} ended with ${result.finished.reason}`);
        }
        samples.push(overshootMs(result));
      }
      rows.push([name, spread(samples), ms(Math.max(...samples))]);
    }
  } finally {
    await executor.stop();
    await worker.close();
  }
  return table([`beyond a limit, ms (at most ${WITHIN_MS})`, "median / p95", "most"], rows);
};

if (import.meta.main) process.stdout.write(`${await benchLimits()}\n`);
