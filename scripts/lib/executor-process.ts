import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { boundCommand } from "./bound-process.ts";
import { root } from "./local.ts";
import { type Print, printLines } from "./output.ts";

const stopGraceMs = 5_000;
const firstRestartMs = 500;
const slowestRestartMs = 10_000;
/** An executor that lived this long has earned a quick restart again. */
const steadyMs = 30_000;

export type ExecutorOptions = {
  /** Address of the Worker whose pool it joins. */
  readonly joinUrl: string;
  /** Address of the bucket, where attempts fetch and store. */
  readonly storage: string;
  readonly keyFile: string;
  readonly print: Print;
  /** Called with the process id of each executor that is started. */
  readonly onStart: (pid: number) => void;
  /** Called whenever one has joined the pool. */
  readonly onJoined: () => void;
};

export type ExecutorProcess = {
  /** Settles when the executor ends before `keepAlive`; a later end is met with a restart. */
  readonly endedEarly: Promise<void>;
  keepAlive(): void;
  stop(): Promise<void>;
};

const inherited = ["PATH", "HOME", "LANG", "TMPDIR"];

/** Only what the executor needs: the user's other variables are none of its business. */
const environment = (options: ExecutorOptions): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => inherited.includes(name) || name.startsWith("EXECUTOR_")),
  ),
  EXECUTOR_JOIN_URL: options.joinUrl,
  EXECUTOR_STORAGE_ORIGINS: options.storage,
  EXECUTOR_NAME: "local",
  EXECUTOR_KEY_FILE: options.keyFile,
});

const start = (options: ExecutorOptions): ChildProcess => {
  const [command, ...args] = [...boundCommand, process.execPath, path.join(root, "executor/main.ts")];
  const child = spawn(command, args, {
    cwd: root,
    env: environment(options),
    // A group of its own: a terminal's Ctrl-C reaches only the process that then stops it in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  printLines(child.stdout, options.print);
  printLines(child.stderr, (line) => {
    if (line.includes('"event":"pool_joined"')) options.onJoined();
    options.print(line);
  });
  if (child.pid !== undefined) options.onStart(child.pid);
  return child;
};

const describeEnd = (child: ChildProcess): string =>
  child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  // Not asked to finish what it holds: whoever stops the service does not wait for programs.
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
  await exited;
  clearTimeout(timer);
};

/**
 * Starts the executor and, from `keepAlive` on, starts it again whenever it ends: its jobs' leases run
 * out meanwhile, and the Worker queues them again, so a restart loses nothing.
 */
export const startExecutor = async (options: ExecutorOptions): Promise<ExecutorProcess> => {
  const stopping = new AbortController();
  const early = Promise.withResolvers<void>();
  let keptAlive = false;
  let child = start(options);

  const supervise = async (): Promise<void> => {
    let restartMs = firstRestartMs;
    while (!stopping.signal.aborted) {
      const startedAtMs = performance.now();
      await once(child, "exit");
      if (stopping.signal.aborted) return;
      if (!keptAlive) return early.resolve();
      if (performance.now() - startedAtMs > steadyMs) restartMs = firstRestartMs;
      options.print(`ended with ${describeEnd(child)}; starting it again in ${restartMs / 1000} s`);
      await delay(restartMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      restartMs = Math.min(restartMs * 2, slowestRestartMs);
      if (!stopping.signal.aborted) child = start(options);
    }
  };
  const supervised = supervise();

  return {
    endedEarly: early.promise,
    keepAlive: () => {
      keptAlive = true;
    },
    stop: async () => {
      stopping.abort();
      await end(child);
      await supervised;
    },
  };
};
