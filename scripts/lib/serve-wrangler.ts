import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { bindRuntimeToThisProcess, boundCommand } from "./bound-process.ts";
import { host, root } from "./local.ts";
import { printLines } from "./output.ts";
import { localSecrets } from "./secrets.ts";
import type { Serve, ServeOptions } from "./serve-miniflare.ts";
import { answersWithin } from "./wait-for.ts";
import { watchFile } from "./watch-file.ts";
import { wranglerEnv } from "./wrangler.ts";

/** wrangler without the launcher in front of it, which would outlive this process or be outlived. */
const wranglerItself = path.join(root, "node_modules/wrangler/wrangler-dist/cli.js");
const AGAIN_MS = 60_000;

const start = ({ port, state, secrets, vars, inspectPort, print }: ServeOptions): ChildProcess => {
  const [command, ...args] = [...boundCommand, process.execPath, "--no-warnings", wranglerItself, "dev"];
  args.push("--ip", host, "--port", String(port), "--persist-to", state.workerDir);
  if (inspectPort !== null) args.push("--inspector-port", String(inspectPort));
  for (const [name, value] of Object.entries({ ...secrets, ...vars })) args.push("--var", `${name}:${value}`);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...wranglerEnv, WRANGLER_LOG: "log" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  printLines(child.stdout, print);
  printLines(child.stderr, print);
  return child;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
};

/**
 * Serves from source by `wrangler dev`, which bundles and reloads by itself whenever a file of the source
 * changes. For the file of secrets it is started again: it takes those only at its start.
 */
export const serveWithWrangler: Serve = async (options) => {
  bindRuntimeToThisProcess();
  const { port, state, print } = options;
  let wanted: ChildProcess | null = null;
  const serve = (secrets: ServeOptions["secrets"]): void => {
    const child = start({ ...options, secrets });
    wanted = child;
    child.once("exit", () => {
      if (wanted !== child) return;
      print("wrangler dev ended");
      process.kill(process.pid, "SIGTERM");
    });
  };
  const stop = async (): Promise<void> => {
    const child = wanted;
    wanted = null;
    if (child !== null) await end(child);
  };
  serve(options.secrets);

  let isStopping = false;
  const again = async (): Promise<void> => {
    if (isStopping) return;
    print(`${state.secretsFile} changed: starting the Worker again`);
    await stop();
    // What was asked for while it ended is asked for no more.
    if (isStopping) return;
    serve(await localSecrets(state.secretsFile));
    await answersWithin(`http://${host}:${port}/health`, AGAIN_MS).then(
      (isUp) => print(isUp ? "the Worker is ready again" : "the Worker does not answer"),
      // A wrong setting, by its name: it can be mended by another change.
      (error: unknown) => print(error instanceof Error ? error.message : String(error)),
    );
  };
  let turn = Promise.resolve();
  const watcher = watchFile(state.secretsFile, () => {
    turn = turn.then(again);
  });
  return {
    stop: async () => {
      isStopping = true;
      watcher.close();
      await stop();
      await turn;
      await stop();
    },
  };
};
