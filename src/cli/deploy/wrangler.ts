import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { CommandFailed } from "../failure.ts";
import { projectRoot } from "./project.ts";
import { secretKinds } from "./secrets.ts";

/** Runs wrangler to its end, and answers what it printed. */
export type Wrangler = (args: readonly string[], what: string) => Promise<string>;

const program = (): string => {
  try {
    const manifest = createRequire(import.meta.url).resolve("wrangler/package.json");
    return path.join(path.dirname(manifest), "wrangler-dist/cli.js");
  } catch {
    throw new CommandFailed("wrangler is not installed: run npm ci in the clone.");
  }
};

/** It asks nothing and tells nobody; secrets reach it by a file alone. */
const environment = (): NodeJS.ProcessEnv => {
  const secret = new Set(secretKinds.map(({ name }) => name));
  const passed = Object.entries(process.env).filter(([name]) => !secret.has(name));
  return {
    ...Object.fromEntries(passed),
    CI: "1",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_LOG: "log",
    FORCE_COLOR: "0",
  };
};

/** What wrangler says is wrong, without the frame around it; the whole of it where it says nothing so. */
const reasonIn = (output: string): string => {
  const plain = stripVTControlCharacters(output);
  const [, error] = plain.split(/^.*\[ERROR\]\s*/m);
  const reason = (error ?? plain).split(/^(?:🪵|.*If you think this is a bug)/mu)[0] ?? plain;
  return reason
    .replace(/\n{2,}/g, "\n")
    .trim()
    .slice(0, 2_000);
};

/** The processes that would otherwise outlive an interrupted command. */
const running = new Set<ReturnType<typeof spawn>>();

/** Ends what runs, for a command that is interrupted. */
export const stopWrangler = (): void => {
  for (const child of running) child.kill("SIGTERM");
};

/** wrangler lays its bundle's parts beside the configuration and leaves the folder; a clone's own is its `dev`'s. */
const removeLeftovers = async (args: readonly string[]): Promise<void> => {
  const config = args[args.indexOf("--config") + 1];
  if (!args.includes("--config") || config === undefined) return;
  const folder = path.dirname(path.resolve(projectRoot, config));
  if (folder !== projectRoot) await rm(path.join(folder, ".wrangler"), { recursive: true, force: true });
};

/** @throws CommandFailed with wrangler's own reason; `what` says in words what was tried. */
export const runWrangler: Wrangler = async (args, what) => {
  const child = spawn(process.execPath, ["--no-warnings", program(), ...args], {
    cwd: projectRoot,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  running.delete(child);
  await removeLeftovers(args);
  if (child.exitCode === 0) return stdout;
  const end = child.signalCode === null ? "" : ` (wrangler was ended by ${child.signalCode})`;
  throw new CommandFailed(
    `${what} failed${end}: ${reasonIn(stderr.includes("[ERROR]") ? stderr : stdout + stderr)}`,
  );
};
