import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { openApi } from "./api.ts";
import { confirmName } from "./confirm.ts";
import { type Given, say } from "./context.ts";
import { bucketEventsQueue, type Names, namesOf } from "./names.ts";
import { addTargetOptions, choices } from "./options.ts";
import { readConfig, type WorkerConfig } from "./project.ts";
import { readState, type State } from "./state.ts";
import { templateOf, templateText } from "./template.ts";
import { workplaceOf } from "./workplace.ts";
import { runWrangler } from "./wrangler.ts";

type Removal = {
  readonly what: string;
  readonly args: readonly string[];
  /** What its user does where the platform refuses. */
  readonly remedy?: string;
};

/** As the bucket has it; the Worker, which says so too, may be gone already. */
const jurisdictionOf = ({ bucket }: State): string[] =>
  bucket?.jurisdiction ? ["--jurisdiction", bucket.jurisdiction] : [];

/** What is there, in the order in which it can go: a queue outlives its consumers, a bucket its notifications. */
export const removalsOf = (
  config: WorkerConfig,
  names: Names,
  state: State,
  keepData: boolean,
): Removal[] => {
  const removals: Removal[] = [];
  const queue = bucketEventsQueue(config, names);
  // Without their queue they cannot be named, reach nobody, and go with the bucket.
  if (state.bucket?.notifies === true && state.queues.has(queue)) {
    removals.push({
      what: `notifications of the bucket ${names.bucket}`,
      args: [
        "r2",
        "bucket",
        "notification",
        "delete",
        names.bucket,
        "--queue",
        queue,
        ...jurisdictionOf(state),
      ],
    });
  }
  for (const { name, consumers } of state.queues.values()) {
    if (!consumers.includes(names.worker)) continue;
    removals.push({
      what: `consumer of the queue ${name}`,
      args: ["queues", "consumer", "remove", name, names.worker],
    });
  }
  if (state.worker !== null)
    removals.push({
      what: `Worker ${names.worker}, its objects and secrets`,
      args: ["delete", "--name", names.worker, "--force"],
    });
  if (state.application !== null)
    removals.push({
      what: `containers of ${names.worker}`,
      args: ["containers", "delete", state.application.id],
    });
  for (const name of state.queues.keys())
    removals.push({ what: `queue ${name}`, args: ["queues", "delete", name] });
  if (keepData) return removals;
  if (state.database !== null)
    removals.push({
      what: `D1 database ${names.database}`,
      args: ["d1", "delete", names.database, "--skip-confirmation"],
    });
  if (state.bucket !== null)
    removals.push({
      what: `R2 bucket ${names.bucket}`,
      args: ["r2", "bucket", "delete", names.bucket, ...jurisdictionOf(state)],
      remedy:
        "A bucket must be empty: empty it in the dashboard (R2, the bucket, Settings), or pass --keep-data, and run this again.",
    });
  return removals;
};

type Flags = Given & { readonly yes?: string; readonly keepData?: boolean; readonly dryRun?: boolean };

const destroy = async (command: Command): Promise<void> => {
  const flags = command.opts<Flags>();
  const config = readConfig();
  const names = namesOf(config, flags);
  const api = await openApi(runWrangler);
  const state = await readState(api, names, true);
  const removals = removalsOf(config, names, state, flags.keepData === true);
  const answer = (outcome: string) => ({
    outcome,
    worker: names.worker,
    removals: removals.map(({ what }) => what),
  });
  if (removals.length === 0) {
    printAnswer(command, answer("unchanged"), () => `Nothing of ${names.worker} is there.`);
    return;
  }
  say(
    [
      `This belongs to ${names.worker} and would be deleted for good:`,
      ...removals.map(({ what }) => `  ${what}`),
    ].join("\n"),
  );
  if (flags.dryRun === true) {
    printAnswer(command, answer("planned"), () => "Nothing was deleted (--dry-run).");
    return;
  }
  await confirmName(names.worker, flags.yes);
  const place = workplaceOf(names.worker);
  const template = templateOf(
    config,
    names,
    choices.parse(state.worker?.deployed?.choices ?? {}),
    { accountId: api.accountId, publicUrl: "https://gone.invalid" },
    place.folder,
  );
  await place.writeConfig(templateText(template));
  for (const [index, { what, args, remedy }] of removals.entries()) {
    say(`[${index + 1}/${removals.length}] ${what}`);
    await runWrangler([...args, "--config", place.configFile], `Deleting the ${what}`).catch((error) => {
      if (remedy === undefined || !(error instanceof CommandFailed)) throw error;
      throw new CommandFailed(`${error.message}\n${remedy}`, { cause: error });
    });
  }
  // The operator's token in it opens nothing any more.
  await place.remove();
  printAnswer(
    command,
    answer("destroyed"),
    () =>
      `${names.worker} is gone, and so is ${place.folder}.${flags.keepData === true ? " Its database and bucket are kept." : ""}`,
  );
};

export const addDestroy = (program: Command): void => {
  addTargetOptions(program.command("destroy"))
    .description("Deletes a deployment and everything that belongs to it")
    .option("--keep-data", "keep the D1 database and the R2 bucket")
    .option("--dry-run", "list what would be deleted, and delete nothing")
    .option("--yes <name>", "the deployment's name, instead of typing it")
    .action((_options, command: Command) => destroy(command));
};
