import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { type Language, languageById } from "../../src/wire/languages/registry.ts";
import {
  type DebianPackage,
  downloadPackages,
  resolveWhole,
  unpackPackages,
} from "../environments/debian.ts";
import { diskBytes, pruneDocuments } from "../environments/layer.ts";
import { putBack, putInPlace, removeLeftovers, workFolder } from "../environments/place.ts";
import { fixLayer, keepVariable } from "./fix-layer.ts";
import {
  type BuiltLanguages,
  DEFAULT_LANGUAGES_FOLDER,
  layerFile,
  layerRoot,
  readBuiltLanguages,
  versionIn,
} from "./layer-file.ts";
import { languagesPage } from "./page.ts";
import { canIsolate, runInLayer } from "./run-in-layer.ts";
import { languageSets } from "./sets.ts";

const run = promisify(execFile);

/** What the sandbox's launcher and the compilers' own scripts call, and the locale that programs are given. */
const TOOLS = ["libc-bin", "tini", "dash", "sed", "grep", "findutils", "debianutils", "mawk", "make"];

const usage = `Usage: npm run languages -- build [--missing] SET|LANGUAGE...
       npm run languages -- list
       npm run languages -- page

Builds the layer of languages with a compiler or an interpreter of its own from Debian packages into
EXECUTOR_LANGUAGES_DIR (${DEFAULT_LANGUAGES_FOLDER}). page prints the page about languages.
Sets, each with the one before it:
small (C and C++, a download of 64 MB), core (400 MB), wide (850 MB), all (1.3 GB). --missing leaves a
layer alone that has these languages. It wants apt's package lists, dpkg-deb, bubblewrap and, for languages from npm, npm.
`;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

const REASON_CHARS = 300;

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").slice(0, REASON_CHARS);

/** The first package's version without Debian's epoch. */
const packageVersion = (packages: readonly DebianPackage[], [name = ""]: readonly string[]): string =>
  packages.find((one) => one.name === name)?.version.replace(/^\d+:/, "") ?? "";

/** A tool says its version in the first line that has a number. */
const askedVersion = async (root: string, command: readonly string[]) => {
  const printed = await runInLayer(root, command);
  const line = printed.split("\n").find((one) => /\d/.test(one)) ?? "";
  return { version: versionIn(line), versionText: line.trim().slice(0, 200) };
};

/** What the tool says of itself, or its package where it has no way to say it or does not start as it is built. */
const describe = async (
  root: string,
  built: readonly DebianPackage[],
  { id, versionCommand, packages }: Language,
) => {
  const text = packageVersion(built, packages);
  const ofPackage = { id, version: versionIn(text), versionText: `${packages[0] ?? ""} ${text}` };
  if (versionCommand === null) return ofPackage;
  try {
    return { id, ...(await askedVersion(root, versionCommand)) };
  } catch (error) {
    if (await canIsolate()) throw error;
    return ofPackage;
  }
};

/** The languages whose tool starts in the layer; one that does not is said loudly and is not offered. */
const describeAll = async (
  root: string,
  packages: readonly DebianPackage[],
  wanted: readonly Language[],
): Promise<BuiltLanguages["languages"]> => {
  const found: BuiltLanguages["languages"] = [];
  for (const language of wanted) {
    say(`languages: asking ${language.id} for its version`);
    try {
      found.push(await describe(root, packages, language));
    } catch (error) {
      process.exitCode = 1;
      say(`languages: SKIPPED ${language.id}, its version cannot be asked: ${reasonOf(error)}`);
    }
  }
  return found;
};

const addNpmPackages = async (root: string, names: readonly string[]): Promise<void> => {
  if (names.length === 0) return;
  say(`languages: installing ${names.join(", ")}`);
  const options = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
  await run("npm", [...options, join(root, "usr/lib"), ...names]);
};

const digestOf = (packages: readonly DebianPackage[], npmPackages: readonly string[]): string =>
  createHash("sha256")
    .update([...packages.map(({ name, version }) => `${name}=${version}`), ...npmPackages].sort().join("\n"))
    .digest("hex");

/** Builds the layer beside its place and moves it there when it is complete. */
const build = async (wanted: readonly Language[], folder: string): Promise<void> => {
  say(`languages: resolving ${wanted.map(({ id }) => id).join(", ")}`);
  const npmPackages = unique(wanted.flatMap((language) => language.npmPackages));
  const packages = await resolveWhole([...TOOLS, ...unique(wanted.flatMap((language) => language.packages))]);
  const archives = await downloadPackages(packages, join(folder, ".packages"), (done) =>
    say(`languages: downloading, ${done} of ${packages.length} packages are here`),
  );
  const place = layerRoot(folder);
  const work = workFolder(folder, basename(place));
  const root = join(work, "root");
  try {
    mkdirSync(root, { mode: 0o755 });
    say(`languages: unpacking ${packages.length} packages`);
    await unpackPackages(archives, root);
    keepVariable(root, join(work, "var"));
    pruneDocuments(root);
    await addNpmPackages(root, npmPackages);
    await fixLayer(root, join(work, "var"));
    const built: BuiltLanguages = {
      digest: digestOf(packages, npmPackages),
      diskBytes: diskBytes(root),
      languages: await describeAll(root, packages, wanted),
    };
    writeFileSync(layerFile(root), `${JSON.stringify(built, null, 2)}\n`);
    chmodSync(root, 0o755);
    putInPlace(root, work, place);
    say(`languages: done, ${built.languages.length} languages in ${Math.round(built.diskBytes / 1e6)} MB`);
  } finally {
    putBack(work, place);
    rmSync(work, { recursive: true, force: true });
  }
};

const wantedOf = (names: readonly string[]) => {
  const ids = unique(names.flatMap((name) => languageSets.get(name) ?? [name]));
  const found = ids.map((id) => ({ id, language: languageById(id) }));
  return {
    unknown: found.filter(({ language }) => language?.layer !== "languages").map(({ id }) => id),
    languages: found.flatMap(({ language }) => (language === null ? [] : [language])),
  };
};

const list = (): void => {
  for (const [name, ids] of languageSets) process.stdout.write(`${name}\t${ids.join(" ")}\n`);
};

const main = async ([command, ...names]: readonly string[]): Promise<void> => {
  if (command === "--help" || names.includes("--help")) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (command === "list") return list();
  if (command === "page") {
    process.stdout.write(languagesPage());
    return;
  }
  const { languages, unknown } = wantedOf(names.filter((name) => name !== "--missing"));
  if (command !== "build" || languages.length === 0 || unknown.length > 0) {
    if (unknown.length > 0) say(`There is no set or language ${unknown.join(", ")} to build.`);
    say(usage);
    process.exitCode = 2;
    return;
  }
  const folder = process.env.EXECUTOR_LANGUAGES_DIR ?? DEFAULT_LANGUAGES_FOLDER;
  mkdirSync(folder, { recursive: true });
  removeLeftovers(folder);
  const there = new Set(readBuiltLanguages(folder)?.languages.map(({ id }) => id));
  if (names.includes("--missing") && languages.every(({ id }) => there.has(id))) return;
  await build(languages, folder);
};

await main(process.argv.slice(2));
