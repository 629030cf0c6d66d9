import { afterAll, beforeAll } from "vitest";
import type { Reach } from "../contract.ts";
import { type ExecutorProcess, ORDINARY_UID, type StartOptions, startExecutor } from "./executor-process.ts";
import { type FakeWorker, startFakeWorker } from "./fake-worker.ts";

/** Every level that this machine offers; as an ordinary user only the second can be had. */
export const levels: readonly {
  readonly name: string;
  readonly level: 1 | 2;
  readonly options: StartOptions;
}[] =
  process.getuid?.() === 0
    ? [
        {
          name: "level 1, as root with cgroups",
          level: 1,
          options: { env: { EXECUTOR_MIN_ISOLATION: "1" } },
        },
        {
          name: "level 2, as an ordinary user",
          level: 2,
          options: { uid: ORDINARY_UID, env: { EXECUTOR_MIN_ISOLATION: "2" } },
        },
      ]
    : [{ name: "level 2, as an ordinary user", level: 2, options: { env: { EXECUTOR_MIN_ISOLATION: "2" } } }];

export interface Running extends Reach {
  readonly executor: () => ExecutorProcess;
}

/** Starts an executor and a Worker around the tests of this block. */
export const withExecutor = (options: StartOptions = {}): Running => {
  let executor: ExecutorProcess | null = null;
  let worker: FakeWorker | null = null;
  beforeAll(async () => {
    worker = await startFakeWorker();
    executor = await startExecutor(options);
  }, 30_000);
  afterAll(async () => {
    await executor?.stop();
    await worker?.close();
  }, 30_000);
  const get = <T>(value: T | null): T => {
    if (value === null) throw new Error("the executor has not been started");
    return value;
  };
  return { executor: () => get(executor), worker: () => get(worker) };
};
