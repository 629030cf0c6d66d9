import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, chmod, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parseEnv } from "node:util";

const generated = ["EXECUTOR_TOKEN"] as const;

export type Secrets = Record<string, string> & { readonly EXECUTOR_TOKEN: string };

const readSecrets = async (file: string): Promise<Record<string, string>> => {
  const values: Record<string, string> = {};
  if (!existsSync(file)) return values;
  for (const [name, value] of Object.entries(parseEnv(await readFile(file, "utf8")))) {
    if (value !== undefined && value !== "") values[name] = value;
  }
  return values;
};

/**
 * Reads the local secrets and adds random ones where they are missing, so that the next start finds
 * them again. The file is readable by its owner alone.
 */
export const localSecrets = async (file: string): Promise<Secrets> => {
  const values = await readSecrets(file);
  const missing = generated.filter((name) => values[name] === undefined);
  for (const name of missing) values[name] = randomBytes(32).toString("hex");
  if (missing.length > 0) {
    await mkdir(path.dirname(file), { recursive: true });
    await appendFile(file, missing.map((name) => `${name}=${values[name]}\n`).join(""), { mode: 0o600 });
    await chmod(file, 0o600);
  }
  return { ...values, EXECUTOR_TOKEN: values.EXECUTOR_TOKEN ?? "" };
};
