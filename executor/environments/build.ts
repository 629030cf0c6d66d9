import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DebianPackage, downloadPackages, resolvePackages, unpackPackages } from "./debian.ts";
import {
  compilePython,
  diskBytes,
  linkAlternatives,
  prune,
  relocate,
  searchPaths,
  settingsVariables,
  turnLinks,
} from "./layer.ts";
import {
  type BuiltEnvironment,
  DEFAULT_ENVIRONMENTS_FOLDER,
  layerTarget,
  type Manifest,
  readManifests,
} from "./manifest.ts";

const usage = `Usage: npm run environments -- build [--missing] NAME...|--all
       npm run environments -- list

Builds environments for jobs from Debian packages into EXECUTOR_ENVIRONMENTS_DIR
(${DEFAULT_ENVIRONMENTS_FOLDER}). --missing leaves those alone that are there. It wants apt's package lists, dpkg-deb and python3.
`;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const describe = (
  name: string,
  { description, interpreters, debianPackages, variables }: Manifest,
  packages: readonly DebianPackage[],
  root: string,
): BuiltEnvironment => ({
  description,
  interpreters,
  variables: { ...settingsVariables(root, layerTarget(name)), ...variables },
  packages: debianPackages.map(
    (name) => `${name} ${packages.find((other) => other.name === name)?.version ?? "?"}`,
  ),
  diskBytes: diskBytes(root),
  ...searchPaths(root),
});

/** Builds one layer beside its place and moves it there when it is complete. */
const build = async (name: string, manifest: Manifest, folder: string): Promise<void> => {
  say(`${name}: resolving ${manifest.debianPackages.join(", ")}`);
  const packages = await resolvePackages(manifest.debianPackages);
  const archives = await downloadPackages(packages, join(folder, ".packages"), (done) =>
    say(`${name}: downloading, ${done} of ${packages.length} packages are here`),
  );
  const root = mkdtempSync(join(folder, `.${name}-`));
  try {
    say(`${name}: unpacking ${packages.length} packages`);
    await unpackPackages(archives, root);
    prune(root);
    linkAlternatives(root);
    turnLinks(root);
    relocate(root, layerTarget(name));
    say(`${name}: compiling`);
    await compilePython(root, layerTarget(name));
    const built = describe(name, manifest, packages, root);
    writeFileSync(join(root, "environment.json"), `${JSON.stringify(built, null, 2)}\n`);
    chmodSync(root, 0o755);
    rmSync(join(folder, name), { recursive: true, force: true });
    renameSync(root, join(folder, name));
    say(`${name}: done, ${Math.round(built.diskBytes / 1e6)} MB`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

const main = async ([command, ...names]: readonly string[]): Promise<void> => {
  const manifests = readManifests();
  const folder = process.env.EXECUTOR_ENVIRONMENTS_DIR ?? DEFAULT_ENVIRONMENTS_FOLDER;
  if (command === "--help" || names.includes("--help")) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (command === "list") {
    for (const [name, { description }] of manifests) process.stdout.write(`${name}\t${description}\n`);
    return;
  }
  const named = names.filter((name) => name !== "--missing");
  const wanted = named.includes("--all") ? [...manifests.keys()] : named;
  const unknown = wanted.filter((name) => !manifests.has(name));
  if (command !== "build" || wanted.length === 0 || unknown.length > 0) {
    if (unknown.length > 0) say(`There is no environment ${unknown.join(", ")}.`);
    say(usage);
    process.exitCode = 2;
    return;
  }
  mkdirSync(folder, { recursive: true });
  for (const name of wanted) {
    const manifest = manifests.get(name);
    if (names.includes("--missing") && existsSync(join(folder, name, "environment.json"))) continue;
    if (manifest !== undefined) await build(name, manifest, folder);
  }
};

await main(process.argv.slice(2));
