import { existsSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { addOutputOptions, configurationFor, type OutputFlags } from "./configuration.ts";
import { say } from "./context.ts";
import { projectRoot } from "./project.ts";
import { templateText } from "./template.ts";

const STANDARD_OUTPUT = "-";

/** A folder is given the file under its usual name. @throws CommandFailed where the file must stay as it is */
const targetOf = ({ output, force }: OutputFlags): string => {
  const given = path.resolve(output);
  const isFolder = output.endsWith(path.sep) || statSync(given, { throwIfNoEntry: false })?.isDirectory();
  const file = isFolder === true ? path.join(given, "wrangler.toml") : given;
  if (file === path.join(projectRoot, "wrangler.toml"))
    throw new CommandFailed(`${file} is what templates are made from: name another file.`);
  if (existsSync(file) && force !== true)
    throw new CommandFailed(`${file} is there already: pass --force to write over it.`);
  return file;
};

const print = async (command: Command): Promise<void> => {
  const { names, template } = await configurationFor(command, process.cwd());
  const text = templateText(template);
  const answer = { file: null, worker: names.worker, required_secrets: template.secrets.required, text };
  say("Its files are named from this folder: save it here.");
  printAnswer(command, answer, () => text.trimEnd());
};

const write = async (command: Command): Promise<void> => {
  const file = targetOf(command.opts<OutputFlags>());
  const { names, template } = await configurationFor(command, path.dirname(file));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, templateText(template));
  printAnswer(
    command,
    { file, worker: names.worker, required_secrets: template.secrets.required },
    () =>
      `${file} is written. Deploy it from ${projectRoot} with: npx wrangler deploy --config ${file} --secrets-file FILE`,
  );
};

export const addTemplate = (program: Command): void => {
  addOutputOptions(program.command("template"), "<file>")
    .description("Writes a complete wrangler.toml of a deployment, to run by hand; -o - prints it")
    .action((_options, command: Command) =>
      command.opts<OutputFlags>().output === STANDARD_OUTPUT ? print(command) : write(command),
    );
};
