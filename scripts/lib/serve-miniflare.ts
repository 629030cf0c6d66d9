import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bindRuntimeToThisProcess } from "./bound-process.ts";
import { build, bundledTexts, bundleFile } from "./build.ts";
import { host, type LocalState, persistenceDir, root } from "./local.ts";
import type { Print } from "./output.ts";
import { configFile, workerConfig } from "./worker-config.ts";

export type ServeOptions = {
  readonly port: number;
  readonly state: LocalState;
  readonly vars: Readonly<Record<string, string>>;
  readonly print: Print;
};

/** Brings the Worker up on a port and answers how to take it down. */
export type Serve = (options: ServeOptions) => Promise<{ stop(): Promise<void> }>;

/** Whoever has a run's id has the run, so the terminal shows only its beginning; executors' calls are not shown. */
const requestLine = (message: string): string | null => {
  const text = stripVTControlCharacters(message);
  if (!/^[A-Z]+ \//.test(text) || /^[A-Z]+ \/(executor|pool)\//.test(text)) return null;
  return text.replace(/(job-[0-9a-f]{6})[0-9a-f]+/gi, "$1...");
};

class PrintedLog extends Log {
  readonly #print: Print;

  constructor(print: Print) {
    super(LogLevel.INFO);
    this.#print = print;
  }

  /** Of what is for information, only clients' requests are printed, one line each. */
  override logWithLevel(level: LogLevel, message: string): void {
    const line = level < LogLevel.INFO ? message : requestLine(message);
    if (line !== null) this.#print(line);
  }
}

const triggersEveryMs = 10 * 60_000;

/** Miniflare runs no cron triggers; here each one fires every ten minutes, whatever its own hours are. */
const runTriggers = (miniflare: Miniflare, print: Print): NodeJS.Timeout => {
  const crons = workerConfig().triggers.crons ?? [];
  const fire = async (): Promise<void> => {
    const worker = await miniflare.getWorker();
    for (const cron of crons) {
      const { outcome } = await worker.scheduled({ cron, scheduledTime: new Date() });
      if (outcome !== "ok") print(`the trigger ${cron} ended with ${outcome}`);
    }
  };
  return setInterval(() => {
    fire().catch((error: unknown) => print(String(error)));
  }, triggersEveryMs);
};

const withVars = (bindings: unknown, vars: Readonly<Record<string, string>>) => ({
  ...(typeof bindings === "object" ? bindings : {}),
  ...vars,
});

/**
 * Serves the built Worker with the bindings of wrangler.toml on Miniflare itself: the same runtime as
 * `wrangler dev`, without its proxy, which costs most of a request's time.
 */
export const serveOnMiniflare: Serve = async (options) => {
  await build();
  const texts = await bundledTexts();
  bindRuntimeToThisProcess();
  const { workerOptions } = unstable_getMiniflareWorkerOptions(configFile, undefined, {
    overrides: { enableContainers: false },
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...workerOptions,
      // Objects are stored under the Worker's name, so `wrangler dev` finds the same ones.
      name: workerConfig().name ?? "",
      modules: [
        { type: "ESModule" as const, path: bundleFile },
        ...texts.map((file) => ({ type: "Text" as const, path: file })),
      ],
      modulesRoot: path.dirname(bundleFile),
      bindings: withVars(workerOptions.bindings, options.vars),
      rootPath: root,
      host,
      port: options.port,
      resourcePersistencePath: persistenceDir(options.state),
      cf: false,
      log: new PrintedLog(options.print),
      handleStructuredLogs: ({ message }) => options.print(message),
    }),
  );
  await miniflare.ready;
  const triggers = runTriggers(miniflare, options.print);
  return {
    stop: () => {
      clearInterval(triggers);
      return miniflare.dispose();
    },
  };
};
