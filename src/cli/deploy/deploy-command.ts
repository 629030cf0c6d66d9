import type { Command } from "commander";
import { printAnswer } from "../output.ts";
import { applySteps } from "./apply.ts";
import { checkAccount } from "./checks.ts";
import { collectSecrets } from "./collect-secrets.ts";
import { confirmPlan } from "./confirm.ts";
import { type Context, openContext, say } from "./context.ts";
import { addChoiceOptions, addTargetOptions } from "./options.ts";
import { type Plan, planOf, stepText } from "./plan.ts";
import { proveService } from "./smoke.ts";
import { wantsContainers } from "./template.ts";
import { runWrangler } from "./wrangler.ts";

export type RunFlags = {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly check: boolean;
  readonly waitMinutes: string;
};

const planText = ({ names, choices, publicUrl }: Context, { steps, idleCost }: Plan): string =>
  [
    `${names.worker} at ${publicUrl}, programs in ${choices.executor === "both" ? "containers and executors that join" : choices.executor}`,
    ...(steps.length === 0
      ? ["Nothing to change."]
      : steps.map((step, index) => `  ${index + 1}. ${stepText(step)}`)),
    `Idle, it costs $${(idleCost.plan + idleCost.usage).toFixed(2)} a month (Workers Paid, for the whole account). ${idleCost.note}`,
  ].join("\n");

const answerOf = (
  context: Context,
  plan: Plan,
  outcome: "planned" | "unchanged" | "deployed",
  proof: string | null,
) => ({
  outcome,
  worker: context.names.worker,
  url: context.publicUrl,
  console: `${context.publicUrl}/console`,
  version: context.source.version,
  steps: plan.steps,
  idle_cost_usd_month: plan.idleCost,
  operator_token_file: context.place.operatorTokenFile,
  proof,
});

const doneText = (context: Context, proof: string | null): string =>
  [
    proof === "ran" ? "Deployed, and a program ran through it." : "Deployed.",
    `Address:          ${context.publicUrl}`,
    `Console:          ${context.publicUrl}/console`,
    `Operator's token: ${context.place.operatorTokenFile} (if it was made here)`,
  ].join("\n");

const prove = ({ choices, publicUrl }: Context, flags: RunFlags) =>
  proveService({
    url: publicUrl,
    waitMinutes: Number(flags.waitMinutes),
    anonymous: choices.anonymousRuns === "on",
    startsOnDemand: wantsContainers(choices),
    say,
  });

/** Plans, asks, does and proves. `before` may refuse, or add what it does to what is said. */
export const carryOut = async (
  command: Command,
  before: (context: Context, plan: Plan) => Promise<void>,
): Promise<void> => {
  const flags = command.opts<RunFlags>();
  const context = await openContext(command);
  const { config, template, names, choices, state, source, place } = context;
  const plan = planOf(config, template, names, choices, state, source);
  const builds = plan.steps.some(({ kind }) => kind === "worker") && wantsContainers(choices);
  for (const warning of await checkAccount(context.api, builds)) say(warning);
  say(planText(context, plan));
  if (flags.dryRun === true) {
    printAnswer(command, answerOf(context, plan, "planned", null), () => "Nothing was changed (--dry-run).");
    return;
  }
  if (plan.steps.length === 0) {
    printAnswer(
      command,
      answerOf(context, plan, "unchanged", null),
      () => "The deployment is as the clone would make it; nothing was changed.",
    );
    return;
  }
  if (flags.yes !== true) await confirmPlan("Go on?");
  await before(context, plan);
  await applySteps(plan.steps, {
    wrangler: runWrangler,
    choices,
    place,
    say,
    secrets: (wanted) => collectSecrets(wanted, place),
    message: `sandpiper ${source.version}`,
  });
  const proof = flags.check ? await prove(context, flags) : null;
  printAnswer(command, answerOf(context, plan, "deployed", proof), () => doneText(context, proof));
};

export const addRunOptions = (command: Command): Command =>
  addChoiceOptions(addTargetOptions(command))
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--yes", "do not ask")
    .option("--no-check", "do not wait for the service, nor run a program through it")
    .option("--wait-minutes <n>", "how long to wait for the service and an executor", "15");

export const addDeploy = (program: Command): void => {
  addRunOptions(program.command("deploy"))
    .description("Makes a deployment on Cloudflare, or finishes or changes one")
    .action(async (_options, command: Command) => carryOut(command, () => Promise.resolve()));
};
