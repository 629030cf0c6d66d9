import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { NODE_MODULES } from "./layer.ts";
import { BuildRefused } from "./requirements.ts";

const execute = promisify(execFile);
const MIB = 1024 * 1024;
const MAX_OUTPUT_BYTES = 64 * MIB;
/** How often it is looked at what npm has unpacked. */
const LOOK_MS = 200;

const wanted = z.record(z.string(), z.string()).default({});
const entry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().default(false),
  /** Comes inside of another package's archive. */
  inBundle: z.boolean().default(false),
  dev: z.boolean().default(false),
});
const rootEntry = z.object({ dependencies: wanted, optionalDependencies: wanted, devDependencies: wanted });
const lockFile = z.object({
  lockfileVersion: z.union([z.literal(2), z.literal(3)], "must be 2 or 3: npm 7 and newer write it"),
  packages: z.record(z.string(), z.unknown()),
});

type Root = z.infer<typeof rootEntry>;
/** A lock that names nothing but archives of a registry with their hashes. */
interface Lock {
  readonly root: Root;
  /** What the project itself asks for, as `name version`. */
  readonly asked: readonly string[];
}

const problemOf = (
  place: string,
  { resolved, integrity, link, inBundle, version }: z.infer<typeof entry>,
) => {
  if (!/^(?:.+\/)?node_modules\/(?:@[^/]+\/)?[^/]+$/.test(place) || place.split("/").includes(".."))
    return "is a folder of the project and no package of a registry";
  if (link) return "is a link to a folder; only packages of a registry are taken";
  if (inBundle) return version === undefined ? "has no version" : null;
  // Without an address it is the registry's, as npm's `omit-lockfile-registry-resolved` writes it.
  if (resolved !== undefined && !/^https?:\/\//.test(resolved))
    return `comes from ${resolved}; only a registry's archives are taken`;
  return /(?:^|\s)sha(?:512|384|256)-[A-Za-z0-9+/]+=*/.test(integrity ?? "")
    ? null
    : "has no sha512 hash (integrity); `npm install --package-lock-only` writes it";
};

const parsed = <T>(file: string, at: string, schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [at, ...(issue?.path ?? [])]
    .filter((part) => part !== "")
    .map(String)
    .join(".");
  throw new BuildRefused(`${file}: ${place === "" ? "it" : place} ${issue?.message}`);
};

const readJson = (file: string, content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    throw new BuildRefused(`${file} is not JSON.`);
  }
};

/** @throws BuildRefused naming the entry */
export const readLock = (file: string, content: string): Lock => {
  const { packages } = parsed(file, "", lockFile, readJson(file, content));
  const root = parsed(file, "packages", rootEntry, packages[""] ?? {});
  for (const [place, value] of Object.entries(packages)) {
    if (place === "") continue;
    const one = parsed(file, `packages.${place}`, entry, value);
    const problem = one.dev ? null : problemOf(place, one);
    if (problem !== null) throw new BuildRefused(`${file}: "${place}" ${problem}.`);
  }
  const names = Object.keys({ ...root.dependencies, ...root.optionalDependencies });
  if (names.length === 0) throw new BuildRefused(`${file}: the project depends on no package.`);
  const versionOf = (name: string): string =>
    parsed(file, name, entry, packages[`node_modules/${name}`] ?? {}).version ?? "?";
  return { root, asked: names.map((name) => `${name} ${versionOf(name)}`) };
};

const failureOf = (error: unknown): string => {
  const { stderr = "", message } = error as { stderr?: string; message: string };
  const lines = stderr
    .split("\n")
    .filter((line) => /^npm (?:ERR!|error)/.test(line) && !/complete log|\.log$/.test(line));
  return lines.length > 0 ? lines.join("\n") : message;
};

/** What a folder takes; files that come and go meanwhile make no difference. */
const bytesBelow = async (folder: string): Promise<number> => {
  const { stdout } = await execute("du", ["-s", "--apparent-size", "--block-size=1", folder]).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }),
  );
  return Number.parseInt(stdout, 10) || 0;
};

/** A lock file does not say how large its packages are, so npm is ended as soon as they are too large. */
const npmCi = async (work: string, maxMb: number): Promise<void> => {
  const options = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"];
  const installing = execute("npm", ["ci", ...options], { cwd: work, maxBuffer: MAX_OUTPUT_BYTES });
  const done = new AbortController();
  let isTooLarge = false;
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted && !isTooLarge) {
      isTooLarge = (await bytesBelow(join(work, "node_modules"))) > maxMb * MIB;
      // Nothing less ends npm while it waits for an answer.
      if (isTooLarge) installing.child.kill("SIGKILL");
      await delay(LOOK_MS, undefined, { signal: done.signal }).catch(() => undefined);
    }
  };
  const watched = watch();
  try {
    await installing;
  } catch (error) {
    if (isTooLarge)
      throw new BuildRefused(
        `Unpacked these are above --max-mb ${maxMb}; npm was ended before all was there.`,
      );
    throw new BuildRefused(failureOf(error));
  } finally {
    done.abort();
    await watched;
  }
};

/**
 * Installs what a lock file names into a layer, without any script of a package; returns what the project asks for,
 * as `name version`. @throws BuildRefused with what the owner can do
 */
export const addNpmPackages = async (
  file: string,
  { root, work, maxMb, say }: { root: string; work: string; maxMb: number; say: (text: string) => void },
): Promise<readonly string[]> => {
  const content = readFileSync(file, "utf8");
  const lock = readLock(file, content);
  writeFileSync(join(work, "package-lock.json"), content);
  writeFileSync(join(work, "package.json"), JSON.stringify({ private: true, ...lock.root }));
  say(`fetching what ${lock.asked.length} packages need`);
  await npmCi(work, maxMb);
  mkdirSync(join(root, "usr/lib"), { recursive: true });
  if (!existsSync(join(work, "node_modules")))
    throw new BuildRefused("npm installed nothing for this system.");
  renameSync(join(work, "node_modules"), join(root, NODE_MODULES));
  return lock.asked;
};
