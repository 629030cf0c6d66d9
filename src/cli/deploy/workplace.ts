import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { projectRoot } from "./project.ts";

/** The folder of one deployment in the clone, which git ignores. */
export type Workplace = {
  readonly folder: string;
  readonly configFile: string;
  readonly operatorTokenFile: string;
  writeConfig(text: string): Promise<void>;
  writeSecrets(secrets: Readonly<Record<string, string>>): Promise<string>;
  removeSecrets(): Promise<void>;
  /** The token that an earlier run made; null without one. */
  readOperatorToken(): Promise<string | null>;
  writeOperatorToken(token: string): Promise<void>;
  /** Removes all that was laid down for the deployment, the operator's token too. */
  remove(): Promise<void>;
};

const PRIVATE = 0o600;

/** The mode holds from the first byte on, also where an older file is written over. */
const writePrivate = async (file: string, content: string): Promise<void> => {
  await rm(file, { force: true });
  await writeFile(file, content, { mode: PRIVATE });
  await chmod(file, PRIVATE);
};

export const workplaceOf = (worker: string): Workplace => {
  const folder = path.join(
    process.env.SANDPIPER_DEPLOYMENTS ?? path.join(projectRoot, ".sandpiper/deployments"),
    worker,
  );
  const file = (name: string): string => path.join(folder, name);
  const secretsFile = file("secrets.json");
  const operatorTokenFile = file("operator-token");
  const make = () => mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    folder,
    configFile: file("wrangler.toml"),
    operatorTokenFile,
    writeConfig: async (text) => {
      await make();
      // What a killed run left of its secrets goes with the next.
      await rm(secretsFile, { force: true });
      await writeFile(file("wrangler.toml"), text);
    },
    writeSecrets: async (secrets) => {
      await writePrivate(secretsFile, JSON.stringify(secrets));
      return secretsFile;
    },
    removeSecrets: () => rm(secretsFile, { force: true }),
    readOperatorToken: async () =>
      existsSync(operatorTokenFile) ? (await readFile(operatorTokenFile, "utf8")).trim() : null,
    writeOperatorToken: async (token) => {
      await make();
      await writePrivate(operatorTokenFile, `${token}\n`);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
