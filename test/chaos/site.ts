import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { localState, persistenceDir } from "../../scripts/lib/local.ts";
import { startTicksOf } from "../../scripts/lib/process-stat.ts";
import { type Executor, type ExecutorHome, makeHome, startExecutor } from "../e2e/support/executors.ts";
import { type Server, startServer } from "../e2e/support/server.ts";
import { type Gateway, type OnPhase, type Phase, startGateway } from "./gateway.ts";

const SLOTS = 2;
/** Room of an executor's folder and of the local state, each on a file system of its own. */
const HOME_MIB = 96;
const STATE_MIB = 512;
const RESTART_MS = 1_000;
const BLOCK = Buffer.alloc(64 * 1_024);

/** Files that are the contents of objects in the local bucket. */
const blobsIn = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && path.basename(entry.parentPath) === "blobs",
      ).length
    : 0;

const mount = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`mount ${args.join(" ")} failed (root may mount): ${stderr}`);
};
const unmount = (folder: string): void => {
  spawnSync("umount", ["--lazy", folder]);
};

/** A file system in memory that is full as soon as it is told to be. */
const smallDisk = (folder: string, mebibytes: number) => {
  mkdirSync(folder, { recursive: true });
  mount("-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0755`, "tmpfs", folder);
  const ballast = path.join(folder, "ballast");
  return {
    fill: (): void => {
      const file = openSync(ballast, "w");
      try {
        for (;;) writeSync(file, BLOCK);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: (): void => rmSync(ballast, { force: true }),
    remove: (): void => unmount(folder),
  };
};

/** An executor on a disk of its own that is started again whenever something ended it. */
export type Member = {
  readonly key: string;
  readonly executor: () => Executor | null;
  kill(): Promise<void>;
  readonly disk: { fill(): void; empty(): void };
  /** Nothing can be written in its folder until the answer is called. */
  lock(): () => void;
};

export type Site = {
  readonly gateway: Gateway;
  readonly members: readonly Member[];
  readonly stateDir: string;
  readonly stateDisk: { fill(): void; empty(): void };
  server(): Server;
  /** How many files the bucket has on the disk. */
  storedFiles(): number;
  /** Ends every process of the service at once, and starts it on the same state. */
  restartService(): Promise<void>;
  /** Settles when an attempt has reached this phase at this executor, and holds it there until the answer is called. */
  reaches(phase: Phase, key: string): Promise<() => void>;
  stopProcesses(): Promise<void>;
  remove(): Promise<void>;
};

type Trap = { phase: Phase; key: string; spring(release: () => void): void };

const startMember = async (
  home: ExecutorHome,
  gateway: Gateway,
): Promise<Member & { stop(): Promise<void> }> => {
  const disk = smallDisk(path.join(home.folder, "disk"), HOME_MIB);
  const moved = { ...home, folder: path.join(home.folder, "disk") };
  spawnSync("cp", [path.join(home.folder, "executor-key.pem"), moved.folder]);
  let isStopping = false;
  let executor: Executor | null = null;
  const keep = async (): Promise<void> => {
    while (!isStopping) {
      try {
        executor = await startExecutor(moved, gateway.url, SLOTS);
        const { child } = executor;
        await new Promise((resolve) => {
          child.once("exit", resolve);
          if (child.exitCode !== null || child.signalCode !== null) resolve(null);
        });
      } catch {
        // It ended before it had joined: its disk may be full, or the service may be away.
      }
      await delay(RESTART_MS);
    }
  };
  void keep();
  return {
    key: home.workerId,
    executor: () => executor,
    kill: async () => executor?.kill(),
    disk,
    lock: () => {
      mount("--bind", moved.folder, moved.folder);
      mount("-o", "remount,bind,ro", moved.folder);
      return () => unmount(moved.folder);
    },
    stop: async () => {
      isStopping = true;
      executor?.child.kill("SIGCONT");
      await executor?.kill();
      disk.remove();
      await home.remove();
    },
  };
};

/** The whole of `npm start`, with two executors beside its own, all on disks that can be filled. */
export const startSite = async (): Promise<Site> => {
  const traps = new Set<Trap>();
  const onPhase: OnPhase = (phase, key) => {
    const trap = [...traps].find((one) => one.phase === phase && one.key === key);
    if (trap === undefined) return undefined;
    traps.delete(trap);
    return new Promise((resolve) => {
      trap.spring(() => resolve());
    });
  };
  const gateway = await startGateway(onPhase);
  const homes = [await makeHome(), await makeHome()];
  const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-chaos-"));
  const stateDir = path.join(folder, "state");
  const stateDisk = smallDisk(stateDir, STATE_MIB);
  const vars = {
    TRUSTED_EXECUTORS: homes.map(({ workerId }) => workerId).join(","),
    PUBLIC_URL: gateway.url,
    R2_S3_ENDPOINT: `${gateway.url}/cdn-cgi/local/r2/s3`,
    SUBMISSION_SECONDS: "60",
    RUN_MAX_ACTIVE: "1000",
    RUN_MAX_PER_HOUR: "100000",
    RUN_CPU_SECONDS_PER_MINUTE: "100000",
  };
  const start = async (): Promise<Server> => {
    const started = await startServer({ stateDir, vars });
    gateway.lead(started.url);
    return started;
  };
  let server = await start();
  const members = await Promise.all(homes.map((home) => startMember(home, gateway)));
  return {
    gateway,
    members,
    stateDir,
    stateDisk,
    server: () => server,
    storedFiles: () => blobsIn(path.join(persistenceDir(localState(stateDir)), "r2")),
    restartService: async () => {
      const { pid } = await server.running();
      gateway.lead(null);
      process.kill(pid, "SIGKILL");
      while (startTicksOf(pid) !== null) await delay(50);
      server = await start();
    },
    reaches: (phase, key) =>
      new Promise((resolve) => {
        traps.add({ phase, key, spring: resolve });
      }),
    stopProcesses: async () => {
      gateway.lead(null);
      await server.stop();
    },
    remove: async () => {
      for (const member of members) await member.stop();
      await server.stop();
      gateway.stop();
      stateDisk.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
