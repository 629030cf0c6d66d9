import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startFakeWorker } from "./fake-worker.ts";
import type { PoolSeat } from "./pool-seat.ts";

const START_MS = 20_000;
const STOP_MS = 12_000;
export const MAIN = new URL("../../../executor/main.ts", import.meta.url).pathname;
/** An ordinary user's id, without any privilege; it needs no entry in the user database. */
export const ORDINARY_UID = 59_000;

/** How a test reaches an executor, whatever it runs in. */
export interface ExecutorAddress {
  /** Where it answers for its health. */
  readonly url: string;
  readonly seat: PoolSeat;
}

export interface ExecutorProcess extends ExecutorAddress {
  readonly child: ChildProcess;
  readonly log: readonly string[];
  readonly keyFile: string;
  /** SIGINT ends what it runs, SIGTERM lets that finish. */
  stop(signal?: "SIGINT" | "SIGTERM"): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Runs the executor as this user, which makes it level 2. */
  readonly uid?: number;
  /** A shell fragment before the executor, such as one that opens descriptors for it. */
  readonly through?: string;
}

const exited = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", resolve));

const waitForPort = (child: ChildProcess, log: string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no executor: ${log.join("\n")}`)), START_MS);
    const lines = child.stderr === null ? null : createInterface({ input: child.stderr });
    lines?.on("line", (line) => {
      log.push(line);
      const port = /"event":"listening".*"port":(\d+)/.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.once("exit", () => {
      clearTimeout(timer);
      setTimeout(() => reject(new Error(`the executor ended: ${log.join("\n")}`)), 50);
    });
  });

/** Starts a real executor as its own process on a free port. */
export const startExecutor = async (options: StartOptions = {}): Promise<ExecutorProcess> => {
  const worker = await startFakeWorker();
  const name = `test-${randomBytes(8).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "executor-test-"));
  chmodSync(folder, 0o700);
  if (options.uid !== undefined) chownSync(folder, options.uid, options.uid);
  const keyFile = join(folder, "key.pem");
  const command =
    options.through === undefined ? [] : ["bash", "-c", `${options.through}; exec "$@"`, "bash"];
  const [file = "", ...args] = [...command, process.execPath, MAIN];
  const child = spawn(file, args, {
    cwd: "/",
    env: {
      PATH: process.env.PATH ?? "",
      TMPDIR: folder,
      EXECUTOR_JOIN_URL: worker.origin,
      EXECUTOR_STORAGE_ORIGINS: worker.origin,
      EXECUTOR_NAME: name,
      EXECUTOR_PORT: "0",
      EXECUTOR_KEY_FILE: keyFile,
      ...options.env,
    },
    stdio: ["ignore", "inherit", "pipe"],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const log: string[] = [];
  const port = await waitForPort(child, log);
  const seat = await worker.seatOf(name);
  return {
    url: `http://127.0.0.1:${port}`,
    seat,
    child,
    log,
    keyFile,
    stop: async (signal = "SIGINT") => {
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited(child);
      clearTimeout(timer);
      await worker.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
