import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";

/** The local secrets in a file of `NAME=value` lines, which wrangler reads as well; none without the file. */
export const localSecrets = async (file: string): Promise<Record<string, string>> => {
  const values: Record<string, string> = {};
  if (!existsSync(file)) return values;
  for (const [name, value] of Object.entries(parseEnv(await readFile(file, "utf8")))) {
    if (value !== undefined && value !== "") values[name] = value;
  }
  return values;
};
