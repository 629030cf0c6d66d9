import type { AttemptLimits } from "../../src/wire/attempt.ts";
import type { CaseResult, CaseRules, JudgedCase } from "../../src/wire/judging.ts";
import { type FileTree, sendTree } from "../compile/file-tree.ts";
import { encodeOrders, type Orders } from "../sandbox/launcher.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type Supervised, supervise } from "../supervise.ts";
import type { Ending } from "../verdict.ts";
import { createCapture } from "./capture.ts";
import { verdictOf } from "./verdict.ts";

/** How one case ended; `ending` is what the executor made of the program. */
export interface RanCase {
  readonly result: Omit<CaseResult, "index" | "id">;
  readonly supervised: Supervised;
}

export interface RunningCase {
  stop(ending: Ending): void;
  readonly done: Promise<RanCase>;
}

const REASONS: ReadonlySet<string> = new Set([
  ...["exit", "signal", "timeout_wall", "timeout_cpu", "memory", "output_limit", "infrastructure"],
]);

const isReason = (reason: string): reason is NonNullable<CaseResult["reason"]> => REASONS.has(reason);

/**
 * Runs one case in a sandbox of its own. What is expected of it stays here: the sandbox is given the program,
 * its arguments and what it reads.
 */
export const runCase = (
  sandbox: Sandbox,
  one: JudgedCase,
  run: {
    readonly tree: FileTree;
    readonly orders: Omit<Orders, "stdin" | "inputs">;
    readonly limits: AttemptLimits;
    readonly rules: CaseRules;
    readonly room: { readonly stdoutBytes: number; readonly stderrBytes: number };
    onStarted(atMs: number): void;
  },
): RunningCase => {
  const capture = createCapture(run.room);
  sandbox.limitMemory(one.limits.memoryBytes);
  const limits = { ...run.limits, ...one.limits, outputBytesPerStream: run.rules.outputBytes };
  const program = supervise(sandbox, limits, {
    onStarted: run.onStarted,
    onOutput: capture.take,
    onExited: () => undefined,
  });
  sandbox.archive.resume();
  const finish = async (): Promise<RanCase> => {
    const stdin = Buffer.from(one.stdin, "base64");
    sandbox.orders.write(encodeOrders({ ...run.orders, inputs: "archive", stdin }));
    await sendTree(run.tree, sandbox.orders);
    sandbox.proceed();
    const supervised = await program.done;
    const { ending, figures } = supervised;
    return {
      supervised,
      result: {
        verdict: verdictOf(supervised, one, capture.stdout()),
        exitCode: ending.exitCode,
        signal: ending.signal,
        reason: isReason(ending.reason) ? ending.reason : null,
        cpuSeconds: figures.cpuUs / 1e6,
        wallTimeMs: Math.round(figures.wallTimeMs),
        memoryPeakBytes: figures.memoryPeakBytes,
        ...capture.kept(),
      },
    };
  };
  return { stop: program.stop, done: finish() };
};
