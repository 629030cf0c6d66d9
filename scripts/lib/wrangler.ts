import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { root } from "./local.ts";

const wranglerProgram = path.join(root, "node_modules/wrangler/bin/wrangler.js");

/** Nothing is sent to anyone, and nothing is asked for. */
export const wranglerEnv: Record<string, string> = { WRANGLER_SEND_METRICS: "false", CI: "1" };

/** A wrangler command failed; the message holds its output. */
export class WranglerError extends Error {}

/** Runs a wrangler command to its end; its output is only part of the error, if it fails. */
export const runWrangler = async (args: readonly string[]): Promise<void> => {
  const child = spawn(process.execPath, [wranglerProgram, ...args], {
    cwd: root,
    env: { ...process.env, ...wranglerEnv },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (child.exitCode !== 0) throw new WranglerError(`${stdout}${stderr}\nwrangler ${args[0]} failed.`);
};
