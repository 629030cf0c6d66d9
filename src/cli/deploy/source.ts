import { createHash } from "node:crypto";
import fs, { readFile } from "node:fs/promises";
import path from "node:path";
import { POOL_PROTOCOL } from "../../wire/pool.ts";
import type { Choices } from "./options.ts";
import { projectRoot, releaseVersion } from "./project.ts";
import type { Deployed } from "./state.ts";
import type { Template } from "./template.ts";

/** All that a Worker and its image are made from, beside the template. */
const inputs = [
  "src/**/*",
  "durable/**/*.ts",
  "executor/**/*",
  "scripts/{assets,lib,bucket}/**/*",
  "scripts/build-assets.ts",
  "migrations/*.sql",
  "package-lock.json",
  ".dockerignore",
];

const filesOf = async (patterns: readonly string[]): Promise<string[]> => {
  const entries = await Array.fromAsync(fs.glob([...patterns], { cwd: projectRoot, withFileTypes: true }));
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => path.relative(projectRoot, path.join(parentPath, name))).sort();
};

export const sha256 = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex");

const read = (file: string): Promise<Buffer> => readFile(path.join(projectRoot, file));

/** The SHA-256 of each migration in the clone, by its file's name. */
export const localMigrations = async (): Promise<Record<string, string>> => {
  const files = await filesOf(["migrations/*.sql"]);
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [path.basename(file), sha256(await read(file))] as const)),
  );
};

/** What the clone would be deployed as. */
export const describeSource = async (template: Template, choices: Choices): Promise<Deployed> => {
  const hash = createHash("sha256").update(JSON.stringify(template));
  for (const file of await filesOf(inputs)) {
    const content = await read(file);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return {
    version: releaseVersion(),
    protocol: POOL_PROTOCOL,
    sourceSha256: hash.digest("hex"),
    migrations: await localMigrations(),
    choices,
  };
};
