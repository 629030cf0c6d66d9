import { type Command, InvalidArgumentError } from "commander";
import { printAnswer } from "../output.ts";
import { applySteps } from "./apply.ts";
import { checkAccount } from "./checks.ts";
import { collectSecrets } from "./collect-secrets.ts";
import { confirmPlan } from "./confirm.ts";
import { type Context, openContext, say } from "./context.ts";
import { addChoiceOptions, addTargetOptions } from "./options.ts";
import { type Plan, planOf, stepText } from "./plan.ts";
import { proveService } from "./smoke.ts";
import { templateText, wantsContainers } from "./template.ts";
import { runWrangler } from "./wrangler.ts";

export type RunFlags = {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly check: boolean;
  readonly waitMinutes: number;
};

/** What a command adds to what every deploy does. */
export type Around = {
  /** Refuses what must not be done, before anything is planned. @throws CommandFailed */
  readonly refuse: (context: Context) => void;
  /** Does what comes first, once it is agreed to. */
  readonly prepare: (context: Context) => Promise<void>;
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
    waitMinutes: flags.waitMinutes,
    anonymous: choices.anonymousRuns === "on",
    startsOnDemand: wantsContainers(choices),
    say,
  });

/** The secrets that the plan wants. They are there before anything is made, so that none stops a deploy halfway. */
const secretsOf = ({ steps }: Plan, { place }: Context): Promise<Record<string, string>> =>
  collectSecrets(
    steps.flatMap((step) => (step.kind === "worker" ? step.secrets : [])),
    place,
  );

/** Plans, asks, does and proves. */
export const carryOut = async (command: Command, { refuse, prepare }: Around): Promise<void> => {
  const flags = command.opts<RunFlags>();
  const context = await openContext(command);
  refuse(context);
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
  await place.writeConfig(templateText(template));
  const secrets = await secretsOf(plan, context);
  await prepare(context);
  await applySteps(plan.steps, {
    wrangler: runWrangler,
    choices,
    place,
    say,
    secrets,
    message: `sandpiper ${source.version}`,
  });
  const proof = flags.check ? await prove(context, flags) : null;
  printAnswer(command, answerOf(context, plan, "deployed", proof), () => doneText(context, proof));
};

const LONGEST_WAIT_MINUTES = 120;

const minutesOf = (text: string): number => {
  const minutes = Number(text);
  if (text.trim() !== "" && minutes >= 0 && minutes <= LONGEST_WAIT_MINUTES) return minutes;
  throw new InvalidArgumentError(`It takes minutes, 0 to ${LONGEST_WAIT_MINUTES}.`);
};

export const addRunOptions = (command: Command): Command =>
  addChoiceOptions(addTargetOptions(command))
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--yes", "do not ask")
    .option("--no-check", "do not wait for the service, nor run a program through it")
    .option("--wait-minutes <n>", "how long to wait for the service and an executor", minutesOf, 15);

export const addDeploy = (program: Command): void => {
  addRunOptions(program.command("deploy"))
    .description("Makes a deployment on Cloudflare, or finishes or changes one")
    .action(async (_options, command: Command) =>
      carryOut(command, { refuse: () => undefined, prepare: () => Promise.resolve() }),
    );
};
