import path from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bindRuntimeToThisProcess } from "./bound-process.ts";
import { build, bundledTexts, bundleFile } from "./build.ts";
import { host, type LocalState, persistenceDir, root } from "./local.ts";
import type { Print } from "./output.ts";
import { configFile, workerConfig } from "./worker-config.ts";

export type ServeOptions = {
  readonly port: number;
  readonly state: LocalState;
  /** What the file of secrets holds; `vars` win over them. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** Port of the runtime's inspector; null opens none. */
  readonly inspectPort: number | null;
  readonly print: Print;
};

/** Brings the Worker up on a port and answers how to take it down. */
export type Serve = (options: ServeOptions) => Promise<{ stop(): Promise<void> }>;

/** What goes wrong; a line for each request and message would cost more than some of them do. */
class PrintedLog extends Log {
  readonly #print: Print;

  constructor(print: Print) {
    super(LogLevel.WARN);
    this.#print = print;
  }

  override logWithLevel(level: LogLevel, message: string): void {
    if (level <= LogLevel.WARN) this.#print(message);
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

const ASSETS = "ASSETS";
const ASSETS_WORKER = "assets";

/**
 * The files in a Worker of their own: in front of the service, as a deployment has them, Miniflare's router and
 * its proxy would take a part of every request, and the service answers each of them first anyway.
 */
const assetsWorker = (): V4WorkerOptions => ({
  name: ASSETS_WORKER,
  compatibilityDate: workerConfig().compatibility_date ?? "",
  modules: true,
  script: `export default { fetch: (request, env) => env.${ASSETS}.fetch(request) };`,
  assets: {
    directory: path.resolve(root, workerConfig().assets?.directory ?? ""),
    binding: ASSETS,
    routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
  },
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
  const { assets: _inFront, ...own } = workerOptions;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          ...own,
          // Objects are stored under the Worker's name, so `wrangler dev` finds the same ones.
          name: workerConfig().name ?? "",
          modules: [
            { type: "ESModule" as const, path: bundleFile },
            ...texts.map((file) => ({ type: "Text" as const, path: file })),
          ],
          modulesRoot: path.dirname(bundleFile),
          bindings: withVars(workerOptions.bindings, { ...options.secrets, ...options.vars }),
          rootPath: root,
          serviceBindings: { [ASSETS]: ASSETS_WORKER },
        },
        assetsWorker(),
      ],
      rootPath: root,
      host,
      port: options.port,
      ...(options.inspectPort === null ? {} : { inspectorPort: options.inspectPort }),
      resourcePersistencePath: persistenceDir(options.state),
      cf: false,
      // GET /cdn-cgi/local/scheduled does now what the triggers do every ten minutes.
      unsafeTriggerHandlers: true,
      logRequests: false,
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
