import type { Command } from "commander";
import { z } from "zod";
import { CommandFailed } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { confirmPlan } from "./confirm.ts";
import { type Context, openContext, say } from "./context.ts";
import { addRunOptions, carryOut, type RunFlags } from "./deploy-command.ts";
import type { Deployed } from "./state.ts";
import { templateText } from "./template.ts";
import { migrationTagOf, servingVersion, versionsOf } from "./versions.ts";
import { runWrangler } from "./wrangler.ts";

/** Why an update must not be made; null where it may. Pure. */
export const refusalOf = (deployed: Deployed, source: Deployed): string | null => {
  for (const [name, hash] of Object.entries(deployed.migrations)) {
    const now = source.migrations[name];
    if (now === undefined)
      return `The migration ${name} was applied to this deployment and is not in the clone. Put it back.`;
    if (now !== hash)
      return `The migration ${name} was applied to this deployment, and was edited since. Put it back, and make the change in a new one.`;
  }
  if (source.protocol < deployed.protocol) {
    return `The clone speaks version ${source.protocol} of the wire protocol, and the deployment ${deployed.protocol}: executors would not be understood. Use update --rollback to go back.`;
  }
  return null;
};

const bookmark = async ({ names, place }: Context): Promise<void> => {
  const printed = await runWrangler(
    ["d1", "time-travel", "info", "DB", "--json", "--config", place.configFile],
    "Taking a bookmark of the database",
  );
  const { bookmark: taken } = z.object({ bookmark: z.string() }).parse(JSON.parse(printed));
  say(
    `The way back of the database: npx wrangler d1 time-travel restore ${names.database} --bookmark=${taken}`,
  );
};

const missingWorker = ({ names }: Context): CommandFailed =>
  new CommandFailed(`There is no Worker ${names.worker}. Make it with sandpiper deploy.`);

const refuse = (context: Context): void => {
  const { state, source, names } = context;
  if (state.worker === null) throw missingWorker(context);
  const { deployed } = state.worker;
  if (!deployed)
    throw new CommandFailed(
      `The Worker ${names.worker} does not say what it was made from: use sandpiper deploy.`,
    );
  const refusal = refusalOf(deployed, source);
  if (refusal !== null) throw new CommandFailed(refusal);
};

const prepare = async (context: Context): Promise<void> => {
  const { state, config } = context;
  const tag = config.migrations.at(-1)?.tag;
  const before = state.worker?.migrationTag ?? null;
  if (tag !== before) {
    say(
      `This release migrates objects (${before ?? "none"} to ${tag}): the platform lets no version before it come back.`,
    );
  }
  if (state.database !== null) await bookmark(context);
};

/** The version before the one that serves. @throws CommandFailed where there is none that may serve again. */
const versionBefore = async ({ api, names }: Context): Promise<string> => {
  const serving = await servingVersion(api, names.worker);
  const versions = await versionsOf(api, names.worker);
  const at = versions.findIndex(({ id }) => id === serving);
  const before = versions[at + 1];
  if (serving === null || at === -1 || before === undefined)
    throw new CommandFailed(`${names.worker} has no version before the one that serves.`);
  const [from, to] = [
    await migrationTagOf(api, names.worker, serving),
    await migrationTagOf(api, names.worker, before.id),
  ];
  if (from === to) return before.id;
  throw new CommandFailed(
    `The version before was made before an object migration (${to ?? "none"}, now ${from ?? "none"}): the platform refuses to go back across one. Repair forward, with an update.`,
  );
};

const rollback = async (command: Command): Promise<void> => {
  const flags = command.opts<RunFlags>();
  const context = await openContext(command);
  if (context.state.worker === null) throw missingWorker(context);
  const version = await versionBefore(context);
  say(`Version ${version} will serve again. The database and the containers' image stay as they are.`);
  const answer = (outcome: string) => ({ outcome, worker: context.names.worker, version_id: version });
  if (flags.dryRun === true) {
    printAnswer(command, answer("planned"), () => "Nothing was changed (--dry-run).");
    return;
  }
  if (flags.yes !== true) await confirmPlan("Go back?");
  await context.place.writeConfig(templateText(context.template));
  await runWrangler(
    [
      "rollback",
      version,
      "--name",
      context.names.worker,
      "--message",
      "sandpiper update --rollback",
      "--yes",
      "--config",
      context.place.configFile,
    ],
    "Going back",
  );
  printAnswer(
    command,
    answer("rolled_back"),
    () => `${context.names.worker} serves version ${version} again.`,
  );
};

export const addUpdate = (program: Command): void => {
  addRunOptions(program.command("update"))
    .description("Brings a deployment to this clone's version, or back to the version before")
    .option("--rollback", "let the version before serve again; database and image stay")
    .action((options: { rollback?: boolean }, command: Command) =>
      options.rollback === true ? rollback(command) : carryOut(command, { refuse, prepare }),
    );
};
