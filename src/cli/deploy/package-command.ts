import fs, { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Command, Option } from "commander";
import { printAnswer } from "../output.ts";
import { openApi } from "./api.ts";
import { addressOf } from "./checks.ts";
import { type Given, say } from "./context.ts";
import { imageContext } from "./image-context.ts";
import { namesOf } from "./names.ts";
import { addChoiceOptions, addTargetOptions, chosen } from "./options.ts";
import { projectRoot, readConfig, releaseVersion } from "./project.ts";
import { describeSource, sha256 } from "./source.ts";
import { templateOf, templateText } from "./template.ts";
import { runWrangler } from "./wrangler.ts";

const accountOption = () =>
  new Option("--account-id <id>", "the account, without asking for it; needs --address");

type Flags = Given & { readonly output: string; readonly accountId?: string };

/** The place comes from the account, or from two options where nobody is logged in. */
const placeOf = async (flags: Flags, worker: string) => {
  if (flags.accountId !== undefined && flags.address !== undefined) {
    return { accountId: flags.accountId, publicUrl: flags.address };
  }
  const api = await openApi(runWrangler);
  return { accountId: api.accountId, publicUrl: await addressOf(api, worker, flags.address) };
};

/** A deployment's configuration with its files named from `folder`. */
const configFor = async (command: Command, folder: string) => {
  const flags = command.opts<Flags>();
  const config = readConfig();
  const names = namesOf(config, flags);
  const choices = chosen(flags, {});
  const place = await placeOf(flags, names.worker);
  const bare = templateOf(config, names, choices, place, folder);
  const source = await describeSource(bare, choices);
  return { names, source, template: { ...bare, vars: { ...bare.vars, DEPLOYED: source } } };
};

const writeTemplate = async (command: Command): Promise<void> => {
  const file = path.resolve(command.opts<Flags>().output);
  const { names, template } = await configFor(command, path.dirname(file));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, templateText(template));
  const answer = { file, worker: names.worker, required_secrets: template.secrets.required };
  printAnswer(
    command,
    answer,
    () => `${file} is written. Deploy it with: npx wrangler deploy --config ${file} --secrets-file FILE`,
  );
};

const copyTo = async (folder: string, files: readonly string[]): Promise<void> => {
  for (const file of files) await cp(path.join(projectRoot, file), path.join(folder, file));
};

const hashesBelow = async (folder: string): Promise<Record<string, string>> => {
  const entries = await Array.fromAsync(fs.glob("**/*", { cwd: folder, withFileTypes: true }));
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .sort();
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [path.relative(folder, file), sha256(await readFile(file))] as const),
    ),
  );
};

const packageTo = async (command: Command): Promise<void> => {
  const folder = path.resolve(command.opts<Flags>().output);
  await mkdir(folder, { recursive: true });
  const { names, source, template } = await configFor(command, folder);
  const work = path.join(folder, "wrangler.toml");
  await writeFile(work, templateText(template));
  say("Bundling the Worker");
  await runWrangler(
    [
      "deploy",
      "--dry-run",
      "--containers-rollout",
      "none",
      "--config",
      work,
      "--outdir",
      path.join(folder, "worker"),
    ],
    "Bundling the Worker",
  );
  await cp(path.join(projectRoot, "dist/assets"), path.join(folder, "assets"), { recursive: true });
  await cp(path.join(projectRoot, "migrations"), path.join(folder, "migrations"), { recursive: true });
  await copyTo(path.join(folder, "image"), await imageContext());
  const { build: _build, ...rest } = template;
  const [database] = template.d1_databases;
  const packaged = {
    ...rest,
    main: "worker/index.js",
    no_bundle: true,
    find_additional_modules: true,
    assets: { ...template.assets, directory: "assets" },
    d1_databases: [{ ...database, migrations_dir: "migrations" }],
    containers: template.containers.map((container) => ({
      ...container,
      image: "image/executor/Dockerfile",
      image_build_context: "image",
    })),
  };
  await writeFile(work, templateText(packaged));
  const manifest = {
    worker: names.worker,
    version: releaseVersion(),
    protocol: source.protocol,
    sha256: await hashesBelow(folder),
  };
  await writeFile(path.join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  printAnswer(
    command,
    { folder, ...manifest },
    () =>
      `${folder} holds ${names.worker}: bundle, assets, migrations, image's context, wrangler.toml and manifest.json.`,
  );
};

export const addPackage = (program: Command): void => {
  addChoiceOptions(addTargetOptions(program.command("package")))
    .description("Writes all that a deployment is made of into a folder, with a manifest of SHA-256s")
    .requiredOption("-o, --output <folder>", "where to")
    .addOption(accountOption())
    .action((_options, command: Command) => packageTo(command));
  addChoiceOptions(addTargetOptions(program.command("template")))
    .description("Writes a complete wrangler.toml of a deployment, to run by hand")
    .requiredOption("-o, --output <file>", "where to")
    .addOption(accountOption())
    .action((_options, command: Command) => writeTemplate(command));
};
