import path from "node:path";

/** The project's folder. */
export const root = path.resolve(import.meta.dirname, "../..");

export const host = "127.0.0.1";

/** Where a local Sandpiper keeps what survives a restart. */
export type LocalState = {
  /** What wrangler calls `--persist-to`: D1, R2 and Durable Objects. */
  readonly workerDir: string;
  readonly executorDir: string;
  /** `NAME=value` lines, for the Worker; wrangler reads the same file. */
  readonly secretsFile: string;
};

/** Without a folder of its own, the state is the one that `wrangler dev` uses. */
export const localState = (stateDir: string | null): LocalState =>
  stateDir === null
    ? {
        workerDir: path.join(root, ".wrangler/state"),
        executorDir: path.join(root, ".sandpiper"),
        secretsFile: path.join(root, ".dev.vars"),
      }
    : {
        workerDir: path.join(stateDir, "worker"),
        executorDir: path.join(stateDir, "executor"),
        secretsFile: path.join(stateDir, ".dev.vars"),
      };

/** The folder inside `workerDir` that wrangler and Miniflare share. */
export const persistenceDir = (state: LocalState): string => path.join(state.workerDir, "v3");

/** The key by which the local executor joins, and which the local Worker trusts. */
export const executorKeyFile = (state: LocalState): string =>
  path.join(state.executorDir, "executor-key.pem");
