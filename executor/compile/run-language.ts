import type { AttemptRequest } from "../../src/wire/attempt.ts";
import { type JudgedCase, judgedCases, type LanguageOrder } from "../../src/wire/judging.ts";
import { nothingRan, type Outcome } from "../outcome.ts";
import { InputFault, readWholeBlob } from "../prepare.ts";
import { createProgramHash } from "../program-hash.ts";
import type { RunningProgram } from "../run-program.ts";
import { shellScriptOf } from "../shell-script.ts";
import type { Figures } from "../supervise.ts";
import { infrastructure } from "../verdict.ts";
import { compileStep, nothingUsed } from "./compile-step.ts";
import { treeOfInputs } from "./file-tree.ts";
import type { LanguageJob } from "./language-orders.ts";
import { interactiveStep, judgeStep, runStep } from "./run-step.ts";
import { createStage, type LanguageContext, type Stage } from "./stage.ts";

/** CPU time is charged together; the other figures are the program's own. */
const together = (made: Figures, ran: Figures): Figures => ({ ...ran, cpuUs: made.cpuUs + ran.cpuUs });

const readCases = async ({ request, context }: Stage): Promise<readonly JudgedCase[]> => {
  if (request.cases === undefined) return [];
  const bytes = await readWholeBlob(request.cases.blob, context.signal);
  return judgedCases.parse(JSON.parse(bytes.toString()));
};

const execute = async (stage: Stage, job: LanguageJob): Promise<Outcome> => {
  const { request, context } = stage;
  const template = job.installed.language.compile;
  const cases = await readCases(stage);
  const { spool, signal } = context;
  const layout = {
    omits: new Set(request.cases?.omits),
    script: shellScriptOf(request),
    programHash: createProgramHash(request),
  };
  const source = stage.hold(await treeOfInputs(request.inputs, spool.nextPath, signal, layout));
  const made =
    template === null ? { tree: source, used: nothingUsed } : await compileStep(stage, job, template, source);
  if ("ending" in made) return made;
  const stopped = stage.stoppedWith();
  if (stopped !== null) return nothingRan(stopped);
  const { cases: rules } = request;
  const outcome = await (rules === undefined
    ? context.link === null
      ? runStep(stage, job, made.tree)
      : interactiveStep(stage, job, made.tree, context.link)
    : judgeStep(stage, job, made.tree, { cases, rules }));
  return { ...outcome, figures: together(made.used, outcome.figures) };
};

const finish = async (stage: Stage, job: LanguageJob): Promise<Outcome> => {
  try {
    return await execute(stage, job);
  } catch (error) {
    if (error instanceof InputFault) return nothingRan(stage.stoppedWith() ?? error.ending);
    throw error;
  } finally {
    await stage.clear();
  }
};

/** Runs a program in a language: compiled in a sandbox of its own where it has to be, then run or judged. */
export const runLanguage = (
  request: AttemptRequest,
  order: LanguageOrder,
  context: LanguageContext,
): RunningProgram => {
  const installed = context.languages.find(order.id);
  if (installed === null) {
    const done = Promise.resolve(nothingRan(infrastructure("language")));
    return { stop: () => undefined, resumeLogs: () => undefined, done };
  }
  const stage = createStage(request, installed, context);
  const { program } = request;
  const { environment, limitsDataPerProcess } = context;
  const job: LanguageJob = { installed, order, program, environment, limitsDataPerProcess };
  return { stop: stage.stop, resumeLogs: stage.resumeLogs, done: finish(stage, job) };
};
