import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { environmentName } from "../../src/wire/vocabulary.ts";
import { buildFromManifest, buildOwn, builtIn, type OwnEnvironment, removeDownloads } from "./build-layer.ts";
import { DEFAULT_ENVIRONMENTS_FOLDER, readManifests } from "./manifest.ts";
import { putBackReplaced, removeLayer, removeLeftovers } from "./place.ts";
import { BuildRefused } from "./requirements.ts";

const DEFAULT_MAX_MB = 4_096;

const usage = `Usage: npm run environments -- build [--missing] NAME...|--all
       npm run environments -- build NAME --requirements requirements.txt
       npm run environments -- build NAME --package-lock package-lock.json
       npm run environments -- list
       npm run environments -- remove NAME...
       npm run environments -- prune

Builds environments for jobs into EXECUTOR_ENVIRONMENTS_DIR (${DEFAULT_ENVIRONMENTS_FOLDER}).
The project's own are made from Debian packages (apt's package lists, dpkg-deb and python3);
--missing leaves those alone that are there. Environments of yours are made from files that
pin what they hold; both files may be given. No code of a package runs while one is built.

  --requirements FILE   wheels from an index: every line NAME==VERSION with --hash=sha256:...
                        (wants python3-pip; the index is the file's --index-url, else pip's)
  --package-lock FILE   packages from an npm registry: every entry with its integrity
  --description TEXT    what GET /environments says of it
  --max-mb N            most that it may take unpacked (${DEFAULT_MAX_MB}); npm is ended when it takes more

list shows what can be built and what is built, with versions. remove takes environments away;
prune takes away what interrupted builds left, and downloads. Restart the executor afterwards.
`;

/** What was asked for cannot be read; the usage helps. */
class BadUsage extends Error {}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        missing: { type: "boolean", default: false },
        all: { type: "boolean", default: false },
        requirements: { type: "string" },
        "package-lock": { type: "string" },
        description: { type: "string" },
        "max-mb": { type: "string", default: String(DEFAULT_MAX_MB) },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new BadUsage(error instanceof Error ? error.message : String(error));
  }
};
type Options = ReturnType<typeof read>["values"];

const ownOf = (options: Options): OwnEnvironment => {
  const maxMb = Number(options["max-mb"]);
  if (!Number.isInteger(maxMb) || maxMb < 1)
    throw new BadUsage("--max-mb takes a whole number of megabytes.");
  const { requirements = null, "package-lock": packageLock = null, description = null } = options;
  for (const file of [requirements, packageLock])
    if (file !== null && !existsSync(file)) throw new BuildRefused(`There is no file ${file}.`);
  if ((description ?? "").length > 500) throw new BadUsage("--description takes at most 500 characters.");
  return { requirements, packageLock, description, maxMb };
};

const buildOwnNamed = async (names: readonly string[], options: Options, folder: string): Promise<void> => {
  const [name = "", ...more] = names;
  if (more.length > 0 || options.all || options.missing)
    throw new BadUsage("One NAME belongs to --requirements and --package-lock.");
  if (!environmentName.safeParse(name).success)
    throw new BadUsage("NAME takes lower-case letters, digits and dashes, as in my-tools, at most 63.");
  if (name === "default" || readManifests().has(name))
    throw new BadUsage(`${name} is one of Sandpiper's own; take another name.`);
  await buildOwn(name, ownOf(options), folder, say);
};

const build = async (names: readonly string[], options: Options, folder: string): Promise<void> => {
  if (options.requirements !== undefined || options["package-lock"] !== undefined)
    return buildOwnNamed(names, options, folder);
  const manifests = readManifests();
  const wanted = options.all ? [...manifests.keys()] : names;
  const unknown = wanted.filter((name) => !manifests.has(name));
  if (unknown.length > 0)
    throw new BadUsage(
      `There is no environment ${unknown.join(", ")}. One of your own takes --requirements or --package-lock.`,
    );
  if (wanted.length === 0) throw new BadUsage("Which environment?");
  for (const name of wanted) {
    const manifest = manifests.get(name);
    if (options.missing && existsSync(join(folder, name, "environment.json"))) continue;
    if (manifest !== undefined) await buildFromManifest(name, manifest, folder, say);
  }
};

const list = (folder: string): void => {
  if (existsSync(folder)) putBackReplaced(folder);
  const built = builtIn(folder);
  for (const [name, { description }] of readManifests())
    if (!built.has(name)) process.stdout.write(`${name}\tnot built\t${description}\n`);
  for (const [name, { description, packages, diskBytes }] of built)
    process.stdout.write(
      `${name}\t${Math.ceil(diskBytes / 1e6)} MB\t${description}\n${packages.map((one) => `\t${one}\n`).join("")}`,
    );
};

const remove = (names: readonly string[], folder: string): void => {
  if (names.length === 0) throw new BadUsage("Which environment?");
  if (existsSync(folder)) putBackReplaced(folder);
  const built = builtIn(folder);
  const unknown = names.filter((name) => !built.has(name));
  if (unknown.length > 0) throw new BadUsage(`${unknown.join(", ")} is not built.`);
  for (const name of new Set(names)) removeLayer(folder, name);
};

const pruneFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
  for (const name of removeLeftovers(folder)) say(`removed ${name}`);
  removeDownloads(folder);
};

const perform = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = read(args);
  const [command, ...names] = positionals;
  const folder = process.env.EXECUTOR_ENVIRONMENTS_DIR ?? DEFAULT_ENVIRONMENTS_FOLDER;
  if (values.help) process.stdout.write(usage);
  else if (command === "build") await build(names, values, folder);
  else if (command === "list") list(folder);
  else if (command === "remove") remove(names, folder);
  else if (command === "prune") pruneFolder(folder);
  else throw new BadUsage(command === undefined ? "" : `There is no command ${command}.`);
};

try {
  await perform(process.argv.slice(2));
} catch (error) {
  if (error instanceof BadUsage) {
    say(`${error.message}\n${usage}`.trimStart());
    process.exitCode = 2;
  } else if (error instanceof BuildRefused) {
    say(error.message);
    process.exitCode = 1;
  } else throw error;
}
