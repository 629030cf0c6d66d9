import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { type Api, openApi } from "./api.ts";
import { addressOf } from "./checks.ts";
import { type Names, namesOf } from "./names.ts";
import { type Choices, chosen, type SomeChoices, type Target } from "./options.ts";
import { readConfig, type WorkerConfig } from "./project.ts";
import { describeSource } from "./source.ts";
import { type Deployed, readState, type State } from "./state.ts";
import { type Template, templateOf } from "./template.ts";
import { type Workplace, workplaceOf } from "./workplace.ts";
import { runWrangler } from "./wrangler.ts";

/** What a command knows of the deployment that it was called for. */
export type Context = {
  readonly api: Api;
  readonly config: WorkerConfig;
  readonly names: Names;
  readonly choices: Choices;
  readonly place: Workplace;
  readonly state: State;
  readonly publicUrl: string;
  readonly template: Template;
  /** With what it was made from, as a version will carry it. */
  readonly source: Deployed;
};

export type Given = Target & SomeChoices;

/** Progress is for people, and apart from the answer. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** What was chosen for the deployment; a Worker that does not say it is one of another tool's, or of none. */
const priorChoices = async (api: Api, names: Names): Promise<{ state: State; before: SomeChoices }> => {
  const state = await readState(api, names, true);
  const said = state.worker?.deployed?.choices ?? {};
  // A deploy that ended before its Worker was there has left its bucket where it was told to.
  return {
    state,
    before: state.bucket === null ? said : { ...said, jurisdiction: state.bucket.jurisdiction },
  };
};

/** A bucket stays in the jurisdiction that it was made in. @throws CommandFailed */
const expectBucketWithin = ({ bucket }: State, { jurisdiction }: Choices, { bucket: name }: Names): void => {
  if (bucket === null || bucket.jurisdiction === jurisdiction) return;
  throw new CommandFailed(
    `The bucket ${name} was made without --jurisdiction ${jurisdiction}, and cannot be moved there. Make another deployment with --suffix, or destroy this one first.`,
  );
};

/** Asks the account, and decides nothing. @throws CommandFailed */
export const openContext = async (command: Command): Promise<Context> => {
  const given = command.opts<Given>();
  const config = readConfig();
  const names = namesOf(config, given);
  const api = await openApi(runWrangler);
  const { state, before } = await priorChoices(api, names);
  const choices = chosen(given, before);
  expectBucketWithin(state, choices, names);
  const publicUrl = await addressOf(api, names.worker, choices.address);
  const place = workplaceOf(names.worker);
  const bare = templateOf(config, names, choices, { accountId: api.accountId, publicUrl }, place.folder);
  const source = await describeSource(bare, choices);
  const template = { ...bare, vars: { ...bare.vars, DEPLOYED: source } };
  return { api, config, names, choices, place, state, publicUrl, template, source };
};
