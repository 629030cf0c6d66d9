#!/usr/bin/env node
import { parseCommandLine, usage } from "./command-line.ts";
import { type Config, forgetSettings, type Parsed, parseConfig, parseSandboxConfig } from "./config.ts";
import { generateKeyFile, openIdentity } from "./identity.ts";
import { closeInheritedDescriptors } from "./inherited-descriptors.ts";
import { errorKind, logToStderr } from "./log.ts";
import { tryToJoin } from "./pool/try-to-join.ts";
import { enterRunFolder, removeRunFolder } from "./run-folder.ts";
import { openIsolation } from "./sandbox/isolation.ts";
import { sandboxSlots, startService } from "./service.ts";
import { version } from "./version.ts";

const FAILED = 1;
const USAGE = 2;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const fail = (problems: readonly string[], status = FAILED): never => {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exit(status);
};

const orFail = <T>(parsed: Parsed<T>): T => ("config" in parsed ? parsed.config : fail(parsed.problems));

/** Weaker means a larger number, except that 0 is no isolation at all. */
const isBelow = (level: 0 | 1 | 2 | null, minimum: 0 | 1 | 2 | null): boolean => {
  if (level === null) return true;
  const strength = { 0: 0, 2: 1, 1: 2 } as const;
  return minimum !== null && strength[level] < strength[minimum];
};

/** Makes a real upgrade where an address is given: what stands in the way shows in nothing less. */
const probePool = async (settings: NodeJS.ProcessEnv) => {
  if (settings.EXECUTOR_JOIN_URL === undefined) return null;
  const { joinUrl, key, keyFile, startToken } = orFail(parseConfig(settings));
  return tryToJoin({ joinUrl, startToken, identity: openIdentity(key ?? { file: keyFile }) });
};

const probe = async (settings: NodeJS.ProcessEnv): Promise<void> => {
  const config = orFail(parseSandboxConfig(settings));
  const isolation = await openIsolation(config.isolation, 1);
  const { level, accounting, findings } = isolation;
  isolation.close();
  const pool = await probePool(settings);
  const found = { isolation: level, minimum: config.minIsolation, accounting, findings };
  print(JSON.stringify(pool === null ? found : { ...found, pool }, null, 2));
  process.exitCode = isBelow(level, config.minIsolation) || pool?.joined === false ? FAILED : 0;
  process.exit();
};

const generateKey = (keyFile: string): void => {
  try {
    print(`Worker ID: ${generateKeyFile(keyFile).workerId}`);
  } catch (error) {
    fail([`The key file could not be made: ${errorKind(error)}`]);
  }
};

const serve = async (config: Config): Promise<void> => {
  closeInheritedDescriptors();
  forgetSettings(process.env);
  const runFolder = enterRunFolder();
  const isolation = await openIsolation(config.isolation, sandboxSlots(config));
  const { level, findings } = isolation;
  logToStderr("isolation", { level, ...findings });
  if (level === null || isBelow(level, config.minIsolation)) {
    isolation.close();
    removeRunFolder(runFolder);
    fail([`Isolation level ${level ?? "none"} is below what is required; see --probe.`]);
    return;
  }
  await startService(config, { ...isolation, level }, () => removeRunFolder(runFolder));
};

const main = async (): Promise<void> => {
  const command = parseCommandLine(process.argv.slice(2));
  if (command.kind === "wrong") return fail([command.problem, usage], USAGE);
  const settings = {
    ...process.env,
    ...(command.keyFile === null ? {} : { EXECUTOR_KEY_FILE: command.keyFile }),
    ...(command.joinUrl === null ? {} : { EXECUTOR_JOIN_URL: command.joinUrl }),
  };
  if (command.kind === "help") return print(usage);
  if (command.kind === "version") return print(version);
  if (command.kind === "probe") return probe(settings);
  if (command.kind === "generate-key") return generateKey(orFail(parseSandboxConfig(settings)).keyFile);
  return serve(orFail(parseConfig(settings)));
};

await main();
