import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { bindRuntimeToThisProcess, boundCommand } from "./bound-process.ts";
import { host, root } from "./local.ts";
import { printLines } from "./output.ts";
import type { Serve } from "./serve-miniflare.ts";
import { wranglerEnv } from "./wrangler.ts";

/** wrangler without the launcher in front of it, which would outlive this process or be outlived. */
const wranglerItself = path.join(root, "node_modules/wrangler/wrangler-dist/cli.js");

/** Serves from source by `wrangler dev`, which bundles again whenever a file changes. */
export const serveWithWrangler: Serve = async ({ port, state, vars, inspectPort, print }) => {
  bindRuntimeToThisProcess();
  const [command, ...args] = [...boundCommand, process.execPath, "--no-warnings", wranglerItself, "dev"];
  args.push("--ip", host, "--port", String(port), "--persist-to", state.workerDir);
  if (inspectPort !== null) args.push("--inspector-port", String(inspectPort));
  for (const [name, value] of Object.entries(vars)) args.push("--var", `${name}:${value}`);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...wranglerEnv, WRANGLER_LOG: "log" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  printLines(child.stdout, print);
  printLines(child.stderr, print);
  let isStopping = false;
  child.once("exit", () => {
    if (isStopping) return;
    print("wrangler dev ended");
    process.kill(process.pid, "SIGTERM");
  });
  return {
    stop: async () => {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
};
