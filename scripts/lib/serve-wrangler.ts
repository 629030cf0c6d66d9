import { spawn } from "node:child_process";
import { once } from "node:events";
import { bindRuntimeToThisProcess } from "./bound-process.ts";
import { buildAssets } from "./build.ts";
import { host } from "./local.ts";
import { printLines } from "./output.ts";
import type { Serve } from "./serve-miniflare.ts";
import { wranglerEnv, wranglerProgram } from "./wrangler.ts";

/** Serves from source by `wrangler dev`, which bundles again whenever a file changes. */
export const serveWithWrangler: Serve = async ({ port, state, vars, print }) => {
  bindRuntimeToThisProcess();
  await buildAssets();
  const args = ["dev", "--ip", host, "--port", String(port), "--persist-to", state.workerDir];
  for (const [name, value] of Object.entries(vars)) args.push("--var", `${name}:${value}`);
  const child = spawn(process.execPath, [wranglerProgram, ...args], {
    env: { ...process.env, ...wranglerEnv },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  printLines(child.stdout, print);
  printLines(child.stderr, print);
  return {
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
};
