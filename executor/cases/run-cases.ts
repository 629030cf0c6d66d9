import type { AttemptLimits } from "../../src/wire/attempt.ts";
import type { CaseResult, CaseRules, CasesStoppedBy, JudgedCase } from "../../src/wire/judging.ts";
import type { FileTree } from "../compile/file-tree.ts";
import type { Orders } from "../sandbox/launcher.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Figures } from "../supervise.ts";
import { type Ending, infrastructure } from "../verdict.ts";
import { createBudget, endedByBudget } from "./budget.ts";
import { roomFor } from "./capture.ts";
import { type RanCase, type RunningCase, runCase } from "./run-case.ts";

/** What all cases came to together. */
export interface RanCases {
  readonly results: readonly Pick<CaseResult, "verdict">[];
  readonly stoppedBy: CasesStoppedBy | null;
  readonly figures: Figures;
  /** Set when the cases did not come to their end: the executor's trouble, or it was asked to stop. */
  readonly broken: Ending | null;
}

export interface RunningCases {
  stop(ending: Ending): void;
  readonly done: Promise<RanCases>;
}

export interface CasesJob {
  readonly cases: readonly JudgedCase[];
  readonly rules: CaseRules;
  readonly tree: FileTree;
  readonly limits: AttemptLimits;
  ordersFor(one: JudgedCase): Omit<Orders, "stdin" | "inputs">;
  takeSandbox(): Promise<Sandbox>;
  onStarted(atMs: number): void;
  onCase(result: CaseResult): void;
}

const notRun = {
  verdict: "skipped",
  exitCode: null,
  signal: null,
  reason: null,
  cpuSeconds: 0,
  wallTimeMs: 0,
  memoryPeakBytes: 0,
  stdoutBytes: 0,
  stderrBytes: 0,
  stdout: "",
  stderr: "",
  order: [0],
} as const;

/** Runs cases one after the other, each in a sandbox that nothing else uses; they are told in their order. */
export const runCases = (job: CasesJob): RunningCases => {
  const budget = createBudget();
  const results: Pick<CaseResult, "verdict">[] = [];
  const total = { cpuUs: 0, memoryPeakBytes: 0, wallTimeMs: 0 };
  let keptBytes = 0;
  let stoppedBy: CasesStoppedBy | null = null;
  let broken: Ending | null = null;
  let running: RunningCase | null = null;
  let hasStarted = false;

  const started = (atMs: number): void => {
    if (!hasStarted) job.onStarted(atMs);
    hasStarted = true;
  };
  const tell = (index: number, one: JudgedCase, result: RanCase["result"]): void => {
    results.push(result);
    job.onCase({ index, id: one.id, ...result, order: [...result.order] });
  };
  const skip = (index: number, one: JudgedCase): void => tell(index, one, { ...notRun, order: [0] });
  const count = ({ supervised: { figures }, result }: RanCase): void => {
    budget.spend(figures.cpuUs);
    total.cpuUs += figures.cpuUs;
    total.wallTimeMs += figures.wallTimeMs;
    total.memoryPeakBytes = Math.max(total.memoryPeakBytes, figures.memoryPeakBytes);
    keptBytes += Math.ceil(((result.stdout.length + result.stderr.length) * 3) / 4);
  };
  const judge = async (index: number, one: JudgedCase, sandbox: Sandbox): Promise<void> => {
    const limits = budget.within(one.limits);
    const room = roomFor(job.rules, keptBytes);
    const { tree, rules } = job;
    const run = { tree, orders: job.ordersFor(one), limits: job.limits, rules, room, onStarted: started };
    running = runCase(sandbox, { ...one, limits }, run);
    if (broken !== null) running.stop(broken);
    const ran = await running.done;
    running = null;
    count(ran);
    const { ending } = ran.supervised;
    if (ending.reason === "infrastructure" || ending.reason === "bad_input") broken ??= ending;
    if (broken !== null) return;
    stoppedBy = endedByBudget(ran.supervised.ending, one.limits, limits);
    if (stoppedBy !== null) skip(index, one);
    else tell(index, one, ran.result);
    if (job.rules.stopOnFailure && ran.result.verdict !== "accepted") stoppedBy ??= "failure";
  };
  const runAll = async (): Promise<void> => {
    let next: Promise<Sandbox> | null = null;
    for (const [index, one] of job.cases.entries()) {
      stoppedBy ??= budget.exhausted();
      if (stoppedBy !== null) {
        skip(index, one);
        continue;
      }
      const sandbox = await (next ?? job.takeSandbox());
      // The next one is made ready while this one is used.
      next = index + 1 < job.cases.length ? job.takeSandbox() : null;
      next?.catch(() => undefined);
      await judge(index, one, sandbox);
      if (broken !== null) break;
    }
    (await next)?.kill();
  };
  const finish = async (): Promise<RanCases> => {
    await runAll().catch((error: unknown) => {
      running?.stop(infrastructure("internal"));
      throw error;
    });
    return { results, stoppedBy, figures: total, broken };
  };
  return {
    stop: (ending) => {
      broken ??= ending;
      running?.stop(broken);
    },
    done: finish(),
  };
};
