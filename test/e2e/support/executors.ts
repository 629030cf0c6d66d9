import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Identity, loadIdentity } from "../../../executor/identity.ts";
import { root } from "../../../scripts/lib/local.ts";

/** A place with a key, from which executors can be started. */
export type ExecutorHome = {
  readonly folder: string;
  readonly workerId: string;
  readonly identity: Identity;
  remove(): Promise<void>;
};

export const makeHome = async (): Promise<ExecutorHome> => {
  const folder = await mkdtemp(path.join(tmpdir(), "sandpiper-executor-"));
  const identity = loadIdentity(path.join(folder, "executor-key.pem"));
  const { workerId } = identity;
  return { folder, workerId, identity, remove: () => rm(folder, { recursive: true, force: true }) };
};

/** A process of its own that has joined the pool of a service. */
export type Executor = {
  readonly child: ChildProcess;
  readonly workerId: string;
  /** Attempts that it took so far. */
  taken(): number;
  readonly log: readonly string[];
  /** Ends it outright, if it is still there. */
  kill(): Promise<void>;
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Starts an executor as its owner would, and waits until it has joined. */
export const startExecutor = async (
  home: ExecutorHome,
  joinUrl: string,
  slots: number,
): Promise<Executor> => {
  const child = spawn(process.execPath, [path.join(root, "executor/main.ts"), "start", "--join", joinUrl], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home.folder,
      TMPDIR: home.folder,
      EXECUTOR_KEY_FILE: path.join(home.folder, "executor-key.pem"),
      EXECUTOR_SLOTS: String(slots),
      EXECUTOR_WARM: "1",
      EXECUTOR_STORAGE_ORIGINS: joinUrl,
    },
    stdio: ["ignore", "inherit", "pipe"],
  });
  const log: string[] = [];
  const joined = Promise.withResolvers<void>();
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    if (line.includes('"event":"pool_joined"')) joined.resolve();
  });
  child.once("exit", () => joined.reject(new Error(`the executor ended: ${log.join("\n")}`)));
  await joined.promise;
  return {
    child,
    workerId: home.workerId,
    taken: () => log.filter((line) => line.includes('"event":"attempt_accepted"')).length,
    log,
    kill: async () => {
      if (hasEnded(child)) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
};
