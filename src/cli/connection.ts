import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { CommandFailed } from "./failure.ts";

/** Where the service is, and what this user may do there. */
export type Connection = {
  /** Without a slash at its end. */
  readonly url: string;
  /** A key of the service (`spk_...`); null calls as a stranger. */
  readonly key: string | null;
  /** The operator's token; null where none is known. */
  readonly token: string | null;
};

/** What flags, environment and file may each give. */
export type Given = { readonly url?: string; readonly key?: string; readonly token?: string };

const LOCAL_URL = "http://127.0.0.1:8787";
const text = z.string().min(1).optional();
const fileSchema = z.strictObject({ url: text, key: text, token: text });

/** The file that keeps a user's connection: JSON with `url`, `key` and `token`, each optional. */
export const connectionFile = (environment: NodeJS.ProcessEnv = process.env): string =>
  environment.SANDPIPER_CONFIG ??
  path.join(environment.XDG_CONFIG_HOME ?? path.join(homedir(), ".config"), "sandpiper", "config.json");

const readConnectionFile = (file: string): Given => {
  if (!existsSync(file)) return {};
  try {
    const { url, key, token } = fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    return { ...(url && { url }), ...(key && { key }), ...(token && { token }) };
  } catch {
    throw new CommandFailed(`${file} must be a JSON object with url, key and token, each optional text.`);
  }
};

/** An empty variable is one that is not set. */
const environmentGiven = (environment: NodeJS.ProcessEnv): Given => {
  const { SANDPIPER_URL: url, SANDPIPER_KEY: key, SANDPIPER_OPERATOR_TOKEN: token } = environment;
  return { ...(url && { url }), ...(key && { key }), ...(token && { token }) };
};

const baseOf = (url: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol)) {
    throw new CommandFailed(`${url} is no address of a service: it must start with http:// or https://.`);
  }
  return url.replace(/\/+$/, "");
};

/**
 * A flag wins over the environment, and that over the file.
 * @throws CommandFailed where the address or the file cannot be used.
 */
export const connectionFrom = (flags: Given, environment: NodeJS.ProcessEnv = process.env): Connection => {
  const given = {
    ...readConnectionFile(connectionFile(environment)),
    ...environmentGiven(environment),
    ...flags,
  };
  return { url: baseOf(given.url ?? LOCAL_URL), key: given.key ?? null, token: given.token ?? null };
};

/** Adds the flags that `connectionOf` reads. */
export const addConnectionOptions = (program: Command): void => {
  program
    .option("--url <address>", "address of the service (or SANDPIPER_URL)")
    .option("--key <key>", "a key of the service (or SANDPIPER_KEY)")
    .option("--token <token>", "the operator's token (or SANDPIPER_OPERATOR_TOKEN)");
};

/** The connection of a command that runs. @throws CommandFailed as `connectionFrom` does. */
export const connectionOf = (command: Command): Connection => {
  const { url, key, token } = command.optsWithGlobals<Given>();
  return connectionFrom({ ...(url && { url }), ...(key && { key }), ...(token && { token }) });
};
