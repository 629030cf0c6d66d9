import type { CompileResult } from "../../src/wire/judging.ts";
import { noOutputs, nothingRan, type Outcome } from "../outcome.ts";
import type { Figures } from "../supervise.ts";
import { compileKey } from "./cache.ts";
import { type Compiled, compile } from "./compile.ts";
import type { FileTree } from "./file-tree.ts";
import { compileOrders, type LanguageJob } from "./language-orders.ts";
import type { Stage } from "./stage.ts";

export const nothingUsed: Figures = { cpuUs: 0, memoryPeakBytes: 0, wallTimeMs: 0 };

/** What the program is run from, and what making it used. */
export interface Made {
  readonly tree: FileTree;
  readonly used: Figures;
}

/** A compile step's figures; one that was not made used nothing. */
const usedBy = ({ cached, cpuSeconds, memoryPeakBytes, wallTimeMs }: CompileResult): Figures =>
  cached ? nothingUsed : { cpuUs: cpuSeconds * 1e6, memoryPeakBytes, wallTimeMs };

const compileError = (result: CompileResult): Outcome => ({
  ending: { reason: "compile_error", exitCode: result.exitCode, signal: result.signal, message: null },
  figures: usedBy(result),
  truncated: { stdout: false, stderr: false },
  collection: noOutputs,
  judged: { verdict: "compile_error", stoppedBy: null, finished: 0, accepted: 0 },
});

const compileNow = async (
  stage: Stage,
  job: LanguageJob,
  template: readonly string[],
  source: FileTree,
): Promise<Compiled> => {
  const { request, context } = stage;
  const phase = job.order.compile?.limits;
  if (phase === undefined) throw new Error("the request has no compile step");
  const orders = compileOrders(job, template, source.files.keys());
  const sandbox = await stage.sandboxes.take();
  const { nextPath } = context.spool;
  const { limits } = request;
  return stage.inSandbox(sandbox, () => compile(sandbox, source, { orders, limits, phase, nextPath })).done;
};

/** Compiles, or takes what an earlier step of the same client made; what cannot be run is an outcome. */
export const compileStep = async (
  stage: Stage,
  job: LanguageJob,
  template: readonly string[],
  source: FileTree,
): Promise<Made | Outcome> => {
  const { request, context } = stage;
  const { order } = job;
  const key = compileKey({
    turn: order.turn,
    language: job.installed.language,
    layerDigest: job.installed.digest,
    flags: order.compile?.flags ?? [],
    variables: request.program.env,
    source: request.program.entrypoint,
    files: source.files,
  });
  context.reporter.started(Date.now());
  context.link?.send({ type: "stage", stage: "compile" });
  const cached = await context.compileCache.find(key);
  const made = cached === null ? await compileNow(stage, job, template, source) : { ...cached, broken: null };
  const { result, tree, broken } = made;
  if (tree !== null) stage.hold(tree);
  if (broken !== null) return nothingRan(broken);
  if (cached === null) await context.compileCache.keep(key, result, tree);
  context.reporter.compiled(result);
  context.link?.compiled(result);
  return tree === null ? compileError(result) : { tree, used: usedBy(result) };
};
