import type { Server } from "../e2e/support/server.ts";
import { table } from "./lib/figures.ts";
import { type Floor, startFloor } from "./lib/floor.ts";
import { childNamed, cpuTimeOf } from "./lib/processes.ts";
import type { Program } from "./lib/programs.ts";
import { clientOf, submitToCompleted } from "./lib/service.ts";

const WARM_UP_RUNS = 20;
/** The executor makes its next sandbox ready after a result: the last run's is counted with it. */
const SETTLE_MS = 300;

/** CPU time in ms of one run, by who spends it. */
export type RunCpu = {
  /** The Workers' runtime: the Worker, its objects, and the simulated platform. */
  readonly workerdMs: number;
  readonly executorMs: number;
  /** Sandboxes, the programs in them, and the process that starts them. */
  readonly childrenMs: number;
  /** The process that serves the Worker locally. */
  readonly serverMs: number;
  /** What the runtime of an empty Worker took meanwhile for the platform's operations of a run. */
  readonly floorMs: number;
};

/**
 * CPU time per run of a program over so many runs, one after the other, through a warm service; the empty Worker
 * takes its turn after each, so that what disturbs the one disturbs the other.
 */
export const cpuOfRuns = async (
  server: Server,
  floor: Floor,
  program: Program,
  runs: number,
): Promise<RunCpu> => {
  const client = clientOf(server);
  const { pid, executorPid } = await server.running();
  const workerd = childNamed(pid, "workerd");
  const starter = childNamed(executorPid, "sandbox-starter");
  const now = (): RunCpu => {
    const executor = cpuTimeOf(executorPid);
    const sandboxes = cpuTimeOf(starter);
    return {
      workerdMs: cpuTimeOf(workerd).ownMs,
      executorMs: executor.ownMs,
      childrenMs: executor.childrenMs + sandboxes.ownMs + sandboxes.childrenMs,
      serverMs: cpuTimeOf(pid).ownMs,
      floorMs: floor.cpuMs(),
    };
  };
  const runBoth = async (times: number): Promise<void> => {
    for (let run = 0; run < times; run += 1) {
      await submitToCompleted(client, program);
      await floor.run();
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  };
  await runBoth(WARM_UP_RUNS);
  const before = now();
  await runBoth(runs);
  const after = now();
  const perRun = (name: keyof RunCpu): number => (after[name] - before[name]) / runs;
  return {
    workerdMs: perRun("workerdMs"),
    executorMs: perRun("executorMs"),
    childrenMs: perRun("childrenMs"),
    serverMs: perRun("serverMs"),
    floorMs: perRun("floorMs"),
  };
};

/** The table of what a run costs in CPU time, the floor of its runtime beside it. */
export const benchCpu = async (
  server: Server,
  programs: readonly Program[],
  runs: number,
): Promise<string> => {
  const floor = await startFloor();
  try {
    const rows: string[][] = [];
    for (const program of programs) {
      const { floorMs, ...parts } = await cpuOfRuns(server, floor, program, runs);
      const { workerdMs, executorMs, childrenMs, serverMs } = parts;
      const sum = workerdMs + executorMs + childrenMs + serverMs;
      const figures = [workerdMs, floorMs, executorMs, childrenMs, serverMs, sum];
      rows.push([program.interpreter, ...figures.map((figure) => figure.toFixed(1))]);
    }
    return table(
      [
        `CPU ms a run, ${runs} runs`,
        ...["workerd", "an empty Worker's", "executor", "its children", "server", "sum"],
      ],
      rows,
    );
  } finally {
    await floor.stop();
  }
};
