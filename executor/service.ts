import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { INPUT_BYTES } from "../src/wire/limits.ts";
import { createAttempts } from "./attempts.ts";
import { createCompileCache } from "./compile/cache.ts";
import type { Config } from "./config.ts";
import { createEnvironments, readEnvironments } from "./environments.ts";
import { loadIdentity } from "./identity.ts";
import { readInstalledLanguages } from "./languages/installed.ts";
import { type Log, logToStderr } from "./log.ts";
import { watchLoop } from "./loop-watch.ts";
import type { Isolation } from "./sandbox/isolation.ts";
import { createSandboxSupply } from "./sandbox/supply.ts";
import { createServer } from "./server.ts";
import { version } from "./version.ts";

/** Reports of what was stopped must be out by then. */
const DRAIN_MS = 5_000;
const SPARE_SANDBOXES = 16;
/** A compile step, the run behind it, and the same of another job. */
const WARM_IN_LANGUAGES = 4;

/** Running, warm for other shapes, and still being cleared away. */
export const sandboxSlots = ({ slots, warm }: Pick<Config, "slots" | "warm">): number =>
  2 * slots + warm + WARM_IN_LANGUAGES + SPARE_SANDBOXES;

const within = async (work: Promise<void>, ms: number): Promise<void> => {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, ms);
  await Promise.race([work, limit.promise]);
  clearTimeout(timer);
};

const onStopSignal = (stop: (signal: string) => void): void => {
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stop(signal));
};

/** Serves until a stop signal; the isolation must be of a level that is good enough. */
export const startService = async (
  config: Config,
  isolation: Isolation & { readonly level: 0 | 1 | 2 },
  onStopped: () => void,
  log: Log = logToStderr,
): Promise<void> => {
  watchLoop(log);
  const identity = loadIdentity(config.keyFile);
  const built = readEnvironments(config.environmentsFolder);
  const environments = createEnvironments(built);
  const languages = await readInstalledLanguages(config.languagesFolder);
  const compileCache = createCompileCache(
    mkdtempSync(join(tmpdir(), "sandpiper-compiled-")),
    config.cacheBytes,
  );
  const supply = createSandboxSupply(isolation.workshop, {
    slots: sandboxSlots(config),
    keepsWarm: config.warm > 0,
    log,
  });
  const { warm } = config;
  for (const { layer } of built)
    supply.keepWarm({ workspaceBytes: INPUT_BYTES, root: null, layer }, Math.min(warm, 1));
  if (languages.root !== null)
    supply.keepWarm(
      { workspaceBytes: INPUT_BYTES, root: languages.root, layer: null },
      Math.min(warm, WARM_IN_LANGUAGES),
    );
  supply.keepWarm({ workspaceBytes: INPUT_BYTES, root: null, layer: null }, warm);
  const { level, accounting } = isolation;
  const { storageOrigins } = config;
  const tools = {
    supply,
    environments,
    languages,
    compileCache,
    identity,
    isolation: level,
    accounting,
    storageOrigins,
    log,
  };
  const attempts = createAttempts(tools, config);
  const health = { version, workerId: identity.workerId, isolation: level, accounting };
  const { token, reportOrigins } = config;
  const app = createServer({ token, reportOrigins, attempts, environments, languages, health, log });
  const server = serve({ fetch: app.fetch, hostname: config.host, port: config.port }, (info: AddressInfo) =>
    log("listening", { host: info.address, port: info.port, isolation: level, accounting }),
  );

  const stop = async (signal: string): Promise<void> => {
    log("stopping", { signal });
    await within(attempts.drain(), DRAIN_MS);
    await within(supply.close(), DRAIN_MS);
    server.close();
    isolation.close();
    onStopped();
    log("stopped");
    process.exit(0);
  };
  onStopSignal((signal) => void stop(signal));
};
