import { availableParallelism, hostname, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { isolationLevel } from "../src/wire/vocabulary.ts";
import { webAddress } from "../src/wire/web-address.ts";
import { DEFAULT_ENVIRONMENTS_FOLDER } from "./environments/manifest.ts";
import type { KeySource } from "./identity.ts";
import { DEFAULT_LANGUAGES_FOLDER } from "./languages/layer-file.ts";
import { storageOrigins } from "./storage-origins.ts";

const MAX_SLOTS = 64;
const MIB = 1024 * 1024;
/** Of the machine's memory, what stays for the executor itself and the system. */
const OWN_MEMORY_SHARE = 0.1;
/** A full house of jobs finds as many sandboxes ready; an idle one costs about 1 MB. */
const DEFAULT_WARM = 8;

const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
const defaultSlots = Math.min(MAX_SLOTS, 2 * availableParallelism());
/** What the machine or its container has, less the share that is the executor's own. */
const defaultMemoryMb = Math.max(
  1,
  Math.floor(((process.constrainedMemory() || totalmem()) * (1 - OWN_MEMORY_SHARE)) / MIB),
);
const defaultStateFolder =
  process.getuid?.() === 0
    ? "/var/lib/sandpiper"
    : join(process.env.HOME ?? tmpdir(), ".local", "state", "sandpiper");

const sandboxSettings = z.object({
  EXECUTOR_ISOLATION: z.enum(["auto", "none"]).default("auto"),
  EXECUTOR_MIN_ISOLATION: z.coerce.number().pipe(isolationLevel).optional(),
  EXECUTOR_SLOTS: whole(1, MAX_SLOTS).default(defaultSlots),
  EXECUTOR_KEY_FILE: z.string().min(1).default(join(defaultStateFolder, "executor-key.pem")),
});

/** All that the executor reads of its environment, by name. */
export const serviceSettings = sandboxSettings.extend({
  EXECUTOR_JOIN_URL: webAddress("must be the service's address, as in http://127.0.0.1:8787"),
  EXECUTOR_NAME: z.string().min(1).max(100).default(hostname()),
  EXECUTOR_MEMORY_MB: whole(1, 16 * MIB).default(defaultMemoryMb),
  EXECUTOR_KEY: z.base64().optional(),
  EXECUTOR_START_TOKEN: z.string().min(16).optional(),
  EXECUTOR_HOST: z.string().min(1).default("127.0.0.1"),
  EXECUTOR_PORT: whole(0, 65_535).optional(),
  EXECUTOR_WARM: whole(0, MAX_SLOTS).optional(),
  EXECUTOR_ENVIRONMENTS_DIR: z.string().min(1).default(DEFAULT_ENVIRONMENTS_FOLDER),
  EXECUTOR_STORAGE_ORIGINS: storageOrigins,
  EXECUTOR_LANGUAGES_DIR: z.string().min(1).default(DEFAULT_LANGUAGES_FOLDER),
  /** What compile steps may be kept of; 0 keeps none. */
  EXECUTOR_CACHE_BYTES: whole(0, 1024 ** 4).default(1024 ** 3),
});

export type IsolationChoice = z.infer<typeof sandboxSettings>["EXECUTOR_ISOLATION"];

/** What `--probe` needs; the service needs it too. */
export interface SandboxConfig {
  readonly isolation: IsolationChoice;
  /** The weakest level to work at: 1 is stronger than 2, and 2 than 0. */
  readonly minIsolation: 0 | 1 | 2 | null;
  readonly slots: number;
  readonly keyFile: string;
}

export interface Config extends SandboxConfig {
  /** Address of the service whose pool is joined. */
  readonly joinUrl: string;
  /** What the pool calls this executor. */
  readonly name: string;
  /** What programs may be given together. */
  readonly memoryMb: number;
  /** An identity that came as a secret takes the place of the key file. */
  readonly key: KeySource | null;
  /** Makes this process one of the deployment's own containers, and guards its health. */
  readonly startToken: string | null;
  /** Where `GET /health` is answered; null for nowhere. */
  readonly health: { readonly host: string; readonly port: number } | null;
  readonly environmentsFolder: string;
  /** Origins of inputs and outputs, beside the service's own. */
  readonly storageOrigins: readonly string[];
  readonly languagesFolder: string;
  readonly cacheBytes: number;
  /** Sandboxes kept ready for the default environment; each other one has one, unless this is 0. */
  readonly warm: number;
}

export type Parsed<T> = { readonly config: T } | { readonly problems: readonly string[] };

/** Names the variables that are missing or wrong; values are never quoted, one of them is a secret. */
const problemsOf = (error: z.ZodError): readonly string[] =>
  error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

const toSandboxConfig = (settings: z.infer<typeof sandboxSettings>): SandboxConfig => ({
  isolation: settings.EXECUTOR_ISOLATION,
  minIsolation: settings.EXECUTOR_MIN_ISOLATION ?? null,
  slots: settings.EXECUTOR_SLOTS,
  keyFile: settings.EXECUTOR_KEY_FILE,
});

export const parseSandboxConfig = (env: NodeJS.ProcessEnv): Parsed<SandboxConfig> => {
  const parsed = sandboxSettings.safeParse(env);
  return parsed.success ? { config: toSandboxConfig(parsed.data) } : { problems: problemsOf(parsed.error) };
};

/** The whole configuration, or what is wrong with it; complete, so that nothing fails later. */
export const parseConfig = (env: NodeJS.ProcessEnv): Parsed<Config> => {
  const parsed = serviceSettings.safeParse(env);
  if (!parsed.success) return { problems: problemsOf(parsed.error) };
  const settings = parsed.data;
  return {
    config: {
      ...toSandboxConfig(settings),
      joinUrl: settings.EXECUTOR_JOIN_URL,
      name: settings.EXECUTOR_NAME,
      memoryMb: settings.EXECUTOR_MEMORY_MB,
      key: settings.EXECUTOR_KEY === undefined ? null : { pkcs8: settings.EXECUTOR_KEY },
      startToken: settings.EXECUTOR_START_TOKEN ?? null,
      health:
        settings.EXECUTOR_PORT === undefined
          ? null
          : { host: settings.EXECUTOR_HOST, port: settings.EXECUTOR_PORT },
      warm: settings.EXECUTOR_WARM ?? Math.min(settings.EXECUTOR_SLOTS, DEFAULT_WARM),
      environmentsFolder: settings.EXECUTOR_ENVIRONMENTS_DIR,
      storageOrigins: settings.EXECUTOR_STORAGE_ORIGINS,
      languagesFolder: settings.EXECUTOR_LANGUAGES_DIR,
      cacheBytes: settings.EXECUTOR_CACHE_BYTES,
    },
  };
};

/** Takes the executor's settings out of the environment that its own children could be given. */
export const forgetSettings = (env: NodeJS.ProcessEnv): void => {
  for (const name of Object.keys(env)) {
    if (name.startsWith("EXECUTOR_")) delete env[name];
  }
};
