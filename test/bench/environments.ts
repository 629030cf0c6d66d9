import { DEFAULT_ENVIRONMENTS_FOLDER } from "../../executor/environments/manifest.ts";
import { startExecutor } from "../executor/support/executor-process.ts";
import { startFakeWorker } from "../executor/support/fake-worker.ts";
import { runJob } from "../executor/support/jobs.ts";
import { median, spread, table } from "./lib/figures.ts";

const ROUNDS = 15;
const WARM_UP_ROUNDS = 3;
/** By then the sandbox that was used has its successor. */
const SETTLE_MS = 250;

/** Measures what a Python hello-world costs with each environment that is built here, in turns. */
export const benchEnvironments = async (): Promise<string> => {
  const worker = await startFakeWorker();
  const executor = await startExecutor({ env: { EXECUTOR_ENVIRONMENTS_DIR: DEFAULT_ENVIRONMENTS_FOLDER } });
  try {
    const names = executor.seat.hello.environments.map(({ name }) => name);
    const samples = new Map(names.map((name) => [name, [] as number[]]));
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
      for (const [environment, taken] of samples) {
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        const fromMs = performance.now();
        await runJob(executor, worker, "print('hello')", { environment });
        if (round >= 0) taken.push(performance.now() - fromMs);
      }
    }
    const base = median(samples.get("default") ?? []);
    const rows = [...samples].map(([name, taken]) => [
      name,
      spread(taken),
      `${(median(taken) / base).toFixed(2)}x`,
    ]);
    return table(["python3 hello-world with, ms", "median / p95", "of default"], rows);
  } finally {
    await executor.stop();
    await worker.close();
  }
};

if (import.meta.main) process.stdout.write(`${await benchEnvironments()}\n`);
