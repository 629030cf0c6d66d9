import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { downloadPackages, resolvePackages, unpackPackages } from "./debian.ts";
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
import { type BuiltEnvironment, builtEnvironment, layerTarget, type Manifest } from "./manifest.ts";
import { addNpmPackages } from "./package-lock.ts";
import { putBack, putInPlace, removeLeftovers, workFolder } from "./place.ts";
import { BuildRefused } from "./requirements.ts";
import { addWheels } from "./wheels.ts";

/** Where packages of Debian's wait for the next build. */
const DOWNLOADS = ".packages";
/** An executor tells the pool of so many. */
const LISTED_PACKAGES = 500;
const MIB = 1024 * 1024;

export type Say = (text: string) => void;
type About = Pick<BuiltEnvironment, "description" | "interpreters" | "variables" | "packages">;
interface Site {
  /** What becomes the layer. */
  readonly root: string;
  /** What is thrown away behind the build. */
  readonly work: string;
  readonly say: Say;
}

/** Removes downloads that only a next build would use. */
export const removeDownloads = (folder: string): void =>
  rmSync(join(folder, DOWNLOADS), { recursive: true, force: true });

/** What is built in a folder, by name. */
export const builtIn = (folder: string): ReadonlyMap<string, BuiltEnvironment> =>
  new Map(
    (existsSync(folder) ? readdirSync(folder).sort() : [])
      .filter((name) => !name.startsWith(".") && existsSync(join(folder, name, "environment.json")))
      .map((name) => {
        const text = readFileSync(join(folder, name, "environment.json"), "utf8");
        return [name, builtEnvironment.parse(JSON.parse(text))];
      }),
  );

/** Builds one layer beside its place, and moves it there when it is complete. */
const buildLayer = async (
  name: string,
  { folder, say }: { folder: string; say: Say },
  fill: (site: Site) => Promise<About>,
): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  removeLeftovers(folder);
  const work = workFolder(folder, name);
  const root = join(work, "layer");
  mkdirSync(root);
  const tell: Say = (text) => say(`${name}: ${text}`);
  try {
    const about = await fill({ root, work, say: tell });
    tell("compiling");
    await compilePython(root, layerTarget(name));
    const built: BuiltEnvironment = { ...about, diskBytes: diskBytes(root), ...searchPaths(root) };
    writeFileSync(
      join(root, "environment.json"),
      `${JSON.stringify(builtEnvironment.parse(built), null, 2)}\n`,
    );
    chmodSync(root, 0o755);
    putInPlace(root, work, join(folder, name));
    tell(`done, ${Math.round(built.diskBytes / 1e6)} MB`);
  } finally {
    putBack(work, join(folder, name));
    rmSync(work, { recursive: true, force: true });
  }
};

/** Builds an environment of the project from Debian's packages. */
export const buildFromManifest = (
  name: string,
  manifest: Manifest,
  folder: string,
  say: Say,
): Promise<void> =>
  buildLayer(name, { folder, say }, async (site) => {
    const { description, interpreters, debianPackages, variables } = manifest;
    site.say(`resolving ${debianPackages.join(", ")}`);
    const packages = await resolvePackages(debianPackages);
    const archives = await downloadPackages(packages, join(folder, DOWNLOADS), (done) =>
      site.say(`downloading, ${done} of ${packages.length} packages are here`),
    );
    site.say(`unpacking ${packages.length} packages`);
    await unpackPackages(archives, site.root);
    prune(site.root);
    linkAlternatives(site.root);
    turnLinks(site.root);
    relocate(site.root, layerTarget(name));
    const versionOf = (wanted: string) => packages.find((one) => one.name === wanted)?.version ?? "?";
    return {
      description,
      interpreters,
      variables: { ...settingsVariables(site.root, layerTarget(name)), ...variables },
      packages: debianPackages.map((wanted) => `${wanted} ${versionOf(wanted)}`),
    };
  });

/** What an environment of one's own is made of; at least one of both files. */
export interface OwnEnvironment {
  readonly requirements: string | null;
  readonly packageLock: string | null;
  readonly description: string | null;
  readonly maxMb: number;
}

/** Builds an environment of the owner's from files that pin what it holds. @throws BuildRefused */
export const buildOwn = (name: string, own: OwnEnvironment, folder: string, say: Say): Promise<void> =>
  buildLayer(name, { folder, say }, async (site) => {
    const { requirements, packageLock, maxMb } = own;
    const python = requirements === null ? [] : await addWheels(requirements, { ...site, maxMb });
    const node = packageLock === null ? [] : await addNpmPackages(packageLock, { ...site, maxMb });
    const packages = [...python, ...node].sort();
    if (packages.length > LISTED_PACKAGES)
      throw new BuildRefused(
        `There are ${packages.length} packages; at most ${LISTED_PACKAGES} can be listed.`,
      );
    const megabytes = Math.ceil(diskBytes(site.root) / MIB);
    if (megabytes > maxMb)
      throw new BuildRefused(`Unpacked these are ${megabytes} MB, above --max-mb ${maxMb}.`);
    const made = [requirements === null ? "" : "Python", packageLock === null ? "" : "Node.js"];
    const usual = `Packages for ${made.filter((kind) => kind !== "").join(" and ")} of the service's owner.`;
    return {
      description: own.description ?? usual,
      interpreters: ["python3", "node", "bash", "sh"],
      variables: {},
      packages,
    };
  });
