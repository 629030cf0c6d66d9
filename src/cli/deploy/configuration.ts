import { type Command, InvalidArgumentError, Option } from "commander";
import { openApi } from "./api.ts";
import { addressOf } from "./checks.ts";
import type { Given } from "./context.ts";
import { namesOf } from "./names.ts";
import { addChoiceOptions, addTargetOptions, chosen } from "./options.ts";
import { readConfig } from "./project.ts";
import { describeSource } from "./source.ts";
import { templateOf } from "./template.ts";
import { runWrangler } from "./wrangler.ts";

const accountIdOf = (text: string): string => {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new InvalidArgumentError("It takes the account's id, 32 hexadecimal digits.");
};

/** What is written of a deployment, without one having to be there. */
export type OutputFlags = Given & {
  readonly output: string;
  readonly force?: boolean;
  readonly accountId?: string;
};

export const addOutputOptions = (command: Command, where: string): Command =>
  addChoiceOptions(addTargetOptions(command))
    .requiredOption(`-o, --output ${where}`, "where to")
    .option("--force", "write over what an earlier run wrote there")
    .addOption(
      new Option("--account-id <id>", "the account, without asking for it; needs --address").argParser(
        accountIdOf,
      ),
    );

/** The place comes from the account, or from two options where nobody is logged in. */
const placeOf = async (command: Command, worker: string) => {
  const { accountId, address } = command.opts<OutputFlags>();
  if (accountId !== undefined && address !== undefined) return { accountId, publicUrl: address };
  if (accountId !== undefined)
    command.error("--account-id asks nobody, so it needs the Worker's address: add --address.");
  const api = await openApi(runWrangler);
  return { accountId: api.accountId, publicUrl: await addressOf(api, worker, address) };
};

/** A deployment's configuration with its files named from `folder`. @throws CommandFailed */
export const configurationFor = async (command: Command, folder: string) => {
  const flags = command.opts<OutputFlags>();
  const config = readConfig();
  const names = namesOf(config, flags);
  const choices = chosen(flags, {});
  const place = await placeOf(command, names.worker);
  const bare = templateOf(config, names, choices, place, folder);
  const source = await describeSource(bare, choices);
  return { names, source, template: { ...bare, vars: { ...bare.vars, DEPLOYED: source } } };
};
