import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { localState, root } from "../../../scripts/lib/local.ts";
import { freePort } from "../../../scripts/lib/ports.ts";
import { startTicksOf } from "../../../scripts/lib/process-stat.ts";
import { type Running, readRunning } from "../../../scripts/lib/running-file.ts";

const readyMs = 90_000;
const stoppedMs = 30_000;
const pauseMs = 50;

export type ServerOptions = {
  /** An existing state folder to start on; without it, a new one that `stop` removes. */
  readonly stateDir?: string;
  /** Variables of the Worker, such as `RUN_MAX_ACTIVE`. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Port of the runtime's inspector; without it, there is none. */
  readonly inspectPort?: number;
  /** Programs that run at once; without it, as many as the machine suggests. */
  readonly slots?: number;
};

export type Server = {
  readonly url: string;
  readonly stateDir: string;
  /** Process id of the `npm start` itself. */
  readonly pid: number;
  /** The processes as they are now; the executor's changes when it was started again. */
  running(): Promise<Running>;
  /** Everything that was printed so far. */
  output(): string;
  /** Ends it as Ctrl-C or `kill` would, and waits until every process is gone. */
  stop(signal?: "SIGINT" | "SIGTERM"): Promise<void>;
};

const npmStart = (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; output: () => string } => {
  const child = spawn("npm", ["start", "--", ...args], {
    cwd: root,
    env: { ...process.env, ...env, NO_COLOR: "1" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  return { child, output: () => text };
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const untilGone = async (pids: readonly number[]): Promise<void> => {
  const deadlineMs = performance.now() + stoppedMs;
  while (pids.some((pid) => startTicksOf(pid) !== null)) {
    if (performance.now() > deadlineMs)
      throw new Error(`Still there after the stop: one of ${pids.join(", ")}`);
    await delay(pauseMs);
  }
};

const untilReady = async (child: ChildProcess, stateDir: string, output: () => string): Promise<Running> => {
  const deadlineMs = performance.now() + readyMs;
  while (performance.now() < deadlineMs && !hasEnded(child)) {
    const running = readRunning(localState(stateDir));
    if (running) return running;
    await delay(pauseMs);
  }
  throw new Error(`npm start did not become ready:\n${output()}`);
};

/** Runs the real `npm start` on free ports and a state of its own, until it says that it is ready. */
export const startServer = async (options: ServerOptions = {}): Promise<Server> => {
  const stateDir = options.stateDir ?? (await mkdtemp(path.join(tmpdir(), "sandpiper-e2e-")));
  const { slots, inspectPort } = options;
  const args = ["--port", String(await freePort())];
  args.push("--state", stateDir);
  if (inspectPort !== undefined) args.push("--inspect", String(inspectPort));
  for (const [name, value] of Object.entries(options.vars ?? {})) args.push("--var", `${name}:${value}`);
  const { child, output } = npmStart(args, slots === undefined ? {} : { EXECUTOR_SLOTS: String(slots) });
  const pid = child.pid ?? 0;

  const stop = async (signal: "SIGINT" | "SIGTERM" = "SIGTERM"): Promise<void> => {
    const running = readRunning(localState(stateDir));
    if (!hasEnded(child)) {
      const exited = once(child, "exit");
      process.kill(pid, signal);
      await exited;
    }
    if (running) await untilGone([running.pid, running.executorPid]);
    if (options.stateDir === undefined) await rm(stateDir, { recursive: true, force: true });
  };

  try {
    const { url } = await untilReady(child, stateDir, output);
    const running = async (): Promise<Running> => untilReady(child, stateDir, output);
    return { url, stateDir, pid, running, output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
