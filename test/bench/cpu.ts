import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Server } from "../e2e/support/server.ts";
import { table } from "./lib/figures.ts";
import { childNamed, cpuTimeOf } from "./lib/processes.ts";
import type { Program } from "./lib/programs.ts";
import { clientOf, submitToCompleted } from "./lib/service.ts";

const WARM_UP_RUNS = 30;
/** The executor makes its next sandbox ready after a result: the last run's is counted with it. */
const SETTLE_MS = 300;

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/** CPU time in ms of one run, by who spends it. */
export type RunCpu = {
  /** The Workers' runtime: the Worker, its objects, and the simulated platform. */
  readonly workerdMs: number;
  /** The process that serves it locally, which prints a line a request. */
  readonly serverMs: number;
  readonly executorMs: number;
  /** Sandboxes and the programs in them. */
  readonly childrenMs: number;
};

/** CPU time per run of a program over so many runs, one after the other, through a warm service. */
export const cpuOfRuns = async (server: Server, program: Program, runs: number): Promise<RunCpu> => {
  const client = clientOf(server);
  const { pid, executorPid } = await server.running();
  const workerd = childNamed(pid, "workerd");
  const now = () => {
    const executor = cpuTimeOf(executorPid);
    return {
      workerdMs: cpuTimeOf(workerd).ownMs,
      serverMs: cpuTimeOf(pid).ownMs,
      executorMs: executor.ownMs,
      childrenMs: executor.childrenMs,
    };
  };
  for (let run = 0; run < WARM_UP_RUNS; run += 1) await submitToCompleted(client, program);
  await settled();
  const before = now();
  for (let run = 0; run < runs; run += 1) await submitToCompleted(client, program);
  await settled();
  const after = now();
  const perRun = (name: keyof RunCpu): number => (after[name] - before[name]) / runs;
  return {
    workerdMs: perRun("workerdMs"),
    serverMs: perRun("serverMs"),
    executorMs: perRun("executorMs"),
    childrenMs: perRun("childrenMs"),
  };
};

const ask = async (url: string, body: string): Promise<string> => {
  const answer = await fetch(url, { method: "POST", body });
  if (!answer.ok) throw new Error(`the empty Worker answered ${answer.status}`);
  return answer.text();
};

const floorRun = async (url: string): Promise<void> => {
  const id = await ask(url, "");
  await ask(url + id, "started");
  await ask(url + id, "finished");
};

/**
 * CPU time per run, in ms, of the runtime that serves an empty Worker, which does a run's operations of the
 * platform: a request, two new objects, a D1 write, a queue message, two callbacks.
 */
export const cpuOfFloor = async (runs: number): Promise<number> => {
  const serving = spawn(process.execPath, [path.join(import.meta.dirname, "floor/serve.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [line] = await once(serving.stdout.setEncoding("utf8"), "data");
    const url = String(line).trim();
    const workerd = childNamed(serving.pid ?? 0, "workerd");
    for (let run = 0; run < WARM_UP_RUNS; run += 1) await floorRun(url);
    await settled();
    const before = cpuTimeOf(workerd).ownMs;
    for (let run = 0; run < runs; run += 1) await floorRun(url);
    await settled();
    return (cpuTimeOf(workerd).ownMs - before) / runs;
  } finally {
    serving.stdin.end();
    await once(serving, "exit");
  }
};

/** The table of what a run costs in CPU time, the floor of its runtime beside it. */
export const benchCpu = async (
  server: Server,
  programs: readonly Program[],
  runs: number,
): Promise<string> => {
  const floorMs = await cpuOfFloor(runs);
  const rows: string[][] = [];
  for (const program of programs) {
    const cpu = await cpuOfRuns(server, program, runs);
    const parts = [cpu.workerdMs, cpu.executorMs, cpu.childrenMs, cpu.serverMs];
    const sum = parts.reduce((total, part) => total + part, 0);
    rows.push([program.interpreter, ...parts.map((part) => part.toFixed(1)), sum.toFixed(1)]);
  }
  rows.push(["an empty Worker", floorMs.toFixed(1), "", "", "", floorMs.toFixed(1)]);
  return table([`CPU ms a run, ${runs} runs`, "workerd", "executor", "its children", "server", "sum"], rows);
};
