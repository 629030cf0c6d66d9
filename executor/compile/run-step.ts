import type { CaseRules, JudgedCase } from "../../src/wire/judging.ts";
import { type RanCases, runCases } from "../cases/run-cases.ts";
import { verdictOfAll } from "../cases/verdict.ts";
import { interact } from "../interactive/interact.ts";
import type { InteractiveLink } from "../interactive/link.ts";
import { noOutputs, nothingRan, type Outcome } from "../outcome.ts";
import { runProgram } from "../run-program.ts";
import type { FileTree } from "./file-tree.ts";
import { type LanguageJob, runOrders } from "./language-orders.ts";
import type { Stage } from "./stage.ts";

/** Runs the program once, logged and with its outputs collected, as one without a language is. */
export const runStep = async (stage: Stage, job: LanguageJob, tree: FileTree): Promise<Outcome> => {
  const { request, context } = stage;
  const { limits, outputs, program } = request;
  const run = { limits, args: program.args, outputRoot: outputs.root };
  const orders = runOrders(job, run, tree.files.keys());
  const { reporter, spool, signal } = context;
  const sandbox = await stage.sandboxes.take();
  return stage.inSandbox(sandbox, () =>
    runProgram(sandbox, request, { orders, reporter, spool, signal, tree }),
  ).done;
};

/** Runs the program with somebody before it: nothing of it is logged, and no file is collected. */
export const interactiveStep = async (
  stage: Stage,
  job: LanguageJob,
  tree: FileTree,
  link: InteractiveLink,
): Promise<Outcome> => {
  const { limits, program } = stage.request;
  const { started: onStarted, exited: onExited } = stage.context.reporter;
  const orders = runOrders(job, { limits, args: program.args, outputRoot: "" }, tree.files.keys());
  const sandbox = await stage.sandboxes.take();
  const run = { tree, orders, limits, link, onStarted, onExited };
  return stage.inSandbox(sandbox, () => interact(sandbox, run)).done;
};

const judgedOutcome = ({ results, stoppedBy, figures, broken }: RanCases): Outcome => {
  if (broken !== null) return { ...nothingRan(broken), figures };
  const verdict = verdictOfAll(results);
  return {
    ending: { reason: "exit", exitCode: verdict === "accepted" ? 0 : 1, signal: null, message: null },
    figures,
    truncated: { stdout: false, stderr: false },
    collection: noOutputs,
    judged: {
      verdict,
      stoppedBy,
      finished: results.filter((one) => one.verdict !== "skipped").length,
      accepted: results.filter((one) => one.verdict === "accepted").length,
    },
  };
};

/** Runs the program once for each case, and judges what it prints. */
export const judgeStep = async (
  stage: Stage,
  job: LanguageJob,
  tree: FileTree,
  judging: { readonly cases: readonly JudgedCase[]; readonly rules: CaseRules },
): Promise<Outcome> => {
  const { request, context } = stage;
  const running = runCases({
    ...judging,
    tree,
    limits: request.limits,
    ordersFor: ({ args, limits }) => {
      const run = { limits, args: args ?? request.program.args, outputRoot: "" };
      return runOrders(job, run, tree.files.keys());
    },
    takeSandbox: () => stage.sandboxes.take(),
    onStarted: context.reporter.started,
    onCase: context.reporter.judged,
  });
  return judgedOutcome(await stage.follow(running).done);
};
