import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INPUT_BYTES } from "../src/wire/limits.ts";
import { createCompileCache } from "./compile/cache.ts";
import type { Config } from "./config.ts";
import { putBackReplaced } from "./environments/place.ts";
import { createEnvironments, readEnvironments } from "./environments.ts";
import { serveHealth } from "./health-server.ts";
import { createHolding, type Holding } from "./holding.ts";
import { openIdentity } from "./identity.ts";
import { readInstalledLanguages } from "./languages/installed.ts";
import { errorKind, type Log, logToStderr } from "./log.ts";
import { watchLoop } from "./loop-watch.ts";
import { joinPool, type Membership } from "./pool/membership.ts";
import type { Isolation } from "./sandbox/isolation.ts";
import { createSandboxSupply } from "./sandbox/supply.ts";
import { onStopSignals } from "./stop-signals.ts";
import { version } from "./version.ts";

/** Reports of what was stopped must be out by then. */
const STOP_MS = 5_000;
/** A program may run ten minutes, and its outputs take a few more; then the platform kills a container. */
const LEAVE_MS = 14 * 60_000;
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

/** Leaves in order: nothing new, what is held ends by itself; a second signal ends it at once. */
const createLeaving = (
  holding: Holding,
  membership: () => Membership,
  close: () => Promise<void>,
  log: Log,
) => {
  let isLeaving = false;
  const stopNow = async (): Promise<void> => {
    log("stopping", { held: holding.load().held });
    holding.stopAll();
    await within(holding.whenEmpty(), STOP_MS);
    await close();
  };
  const leave = async (): Promise<void> => {
    if (isLeaving) return;
    isLeaving = true;
    log("leaving", { held: holding.load().held });
    membership().leaving();
    await within(holding.whenEmpty(), LEAVE_MS);
    await close();
  };
  return { leave, stopNow, isLeaving: () => isLeaving };
};

/** A build that was killed at the wrong moment has left its layer aside. */
const repairLayers = ({ environmentsFolder, languagesFolder }: Config, log: Log): void => {
  for (const folder of [environmentsFolder, languagesFolder].filter((path) => existsSync(path))) {
    try {
      putBackReplaced(folder);
    } catch (error) {
      log("layer_not_put_back", { folder, error: errorKind(error) });
    }
  }
};

/** What attempts are run with; sandboxes begin to be kept warm. */
const createTools = async (
  config: Config,
  { workshop, level, accounting }: Isolation & { readonly level: 0 | 1 | 2 },
  log: Log,
) => {
  const identity = openIdentity(config.key ?? { file: config.keyFile });
  repairLayers(config, log);
  const built = readEnvironments(config.environmentsFolder);
  const environments = createEnvironments(built);
  const languages = await readInstalledLanguages(config.languagesFolder);
  const compiled = mkdtempSync(join(tmpdir(), "sandpiper-compiled-"));
  const compileCache = createCompileCache(compiled, config.cacheBytes);
  const { warm, storageOrigins, joinUrl } = config;
  const supply = createSandboxSupply(workshop, { slots: sandboxSlots(config), keepsWarm: warm > 0, log });
  const workspaceBytes = INPUT_BYTES;
  for (const { layer } of built) supply.keepWarm({ workspaceBytes, root: null, layer }, Math.min(warm, 1));
  if (languages.root !== null) {
    const shape = { workspaceBytes, root: languages.root, layer: null };
    supply.keepWarm(shape, Math.min(warm, WARM_IN_LANGUAGES));
  }
  supply.keepWarm({ workspaceBytes, root: null, layer: null }, warm);
  return {
    supply,
    environments,
    languages,
    compileCache,
    identity,
    isolation: level,
    accounting,
    storageOrigins,
    joinUrl,
    log,
  };
};

/** Joins the pool and serves it until it leaves; the isolation must be of a level that is good enough. */
export const startService = async (
  config: Config,
  isolation: Isolation & { readonly level: 0 | 1 | 2 },
  onStopped: () => void,
  log: Log = logToStderr,
): Promise<void> => {
  watchLoop(log);
  const tools = await createTools(config, isolation, log);
  const { supply, environments, languages, identity } = tools;
  const { slots, memoryMb, name, joinUrl, startToken } = config;
  const { level, accounting } = isolation;
  const holding = createHolding(tools, slots, (attemptId, mb) => membership.released(attemptId, mb));

  const close = async (): Promise<void> => {
    membership.close();
    await within(supply.close(), STOP_MS);
    isolation.close();
    onStopped();
    log("stopped");
    process.exit(0);
  };
  const leaving = createLeaving(holding, () => membership, close, log);
  const membership = joinPool(
    { joinUrl, identity, startToken, instance: randomBytes(16).toString("hex") },
    {
      offered: holding.take,
      cancel: holding.cancel,
      leave: () => void leaving.leave(),
      hello: () => ({
        version,
        name,
        slots,
        memory_mb: memoryMb,
        environments: [...environments.list()],
        languages: [...languages.list()],
        isolation: level,
        accounting,
        held: holding.inSlots(),
      }),
    },
    log,
  );
  onStopSignals({ leave: () => void leaving.leave(), stopNow: () => void leaving.stopNow() });
  if (config.health === null) return;
  const { port } = await serveHealth(config.health, startToken, () => ({
    status: leaving.isLeaving() ? "draining" : "healthy",
    version,
    workerId: identity.workerId,
    isolation: level,
    accounting,
    isJoined: membership.isJoined(),
    slots: { total: slots, ...holding.load() },
  }));
  log("listening", { host: config.health.host, port, isolation: level, accounting });
};
