import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { Account } from "../api/account.ts";
import { type ApiServer, startApi } from "../api/server.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** Values that must never be printed. */
export const r2Secret = "r2-secret-of-this-test";

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** One deployer's machine beside one account: a scratch folder, an environment, the real command. */
export type Deployer = AsyncDisposable & {
  readonly api: ApiServer;
  readonly folder: string;
  readonly dockerRecord: string;
  run(args: readonly string[], extra?: NodeJS.ProcessEnv): Promise<Ended>;
  /** wrangler itself, in the clone. */
  wrangler(args: readonly string[]): Promise<Ended>;
  /** As `run`, killed with SIGKILL, wrangler and all, when `when` says so. */
  killed(args: readonly string[], when: (kill: () => void) => void): Promise<Ended>;
};

/** `account` is what is there already; an empty one where nothing is. */
export const startDeployer = async (account?: Account): Promise<Deployer> => {
  const api = await startApi(account);
  const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-deployer-"));
  const dockerRecord = path.join(folder, "docker.ndjson");
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    CLOUDFLARE_API_BASE_URL: api.baseUrl,
    CLOUDFLARE_API_TOKEN: "test-token",
    CLOUDFLARE_ACCOUNT_ID: api.account.id,
    SANDPIPER_DEPLOYMENTS: path.join(folder, "deployments"),
    R2_ACCESS_KEY_ID: "r2-key",
    R2_SECRET_ACCESS_KEY: r2Secret,
    WRANGLER_DOCKER_BIN: path.join(import.meta.dirname, "docker.ts"),
    DOCKER_RECORD: dockerRecord,
    // wrangler and the command are started many times, and each start would compile them anew.
    NODE_COMPILE_CACHE: path.join(root, "node_modules/.cache/deploy-tests"),
  };
  const start = (args: readonly string[], extra: NodeJS.ProcessEnv, program = "src/cli/main.ts") =>
    spawn(process.execPath, [path.join(root, program), ...args], {
      cwd: root,
      detached: true,
      env: { ...environment, ...extra },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const ended = async (child: ReturnType<typeof start>): Promise<Ended> => {
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    return { code: child.exitCode, stdout, stderr };
  };
  return {
    api,
    folder,
    dockerRecord,
    run: (args, extra = {}) => ended(start(args, extra)),
    wrangler: (args) =>
      ended(
        start(
          args,
          { CI: "1", WRANGLER_SEND_METRICS: "false" },
          "node_modules/wrangler/wrangler-dist/cli.js",
        ),
      ),
    killed: (args, when) => {
      const child = start(args, {});
      when(() => {
        if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      });
      return ended(child);
    },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
