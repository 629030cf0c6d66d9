import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createLegacyTree, type LegacyFolders } from "./cgroup-v1.ts";
import { createUnifiedTree, unifiedBase } from "./cgroup-v2.ts";
import { failedWith, killProcesses, readProcesses, removeGroup } from "./group-files.ts";
import type { GroupTree } from "./job-group.ts";
import { processStartTicks } from "./processes.ts";

interface Bases {
  readonly unified: string | null;
  readonly unifiedControllers: readonly string[];
  readonly legacy: ReadonlyMap<string, string>;
}

/** Own path in each hierarchy; inside a container the mount may already be rooted there. */
const ownFolder = (mountPoint: string, path: string): string => {
  const nested = path === "/" ? mountPoint : `${mountPoint}${path}`;
  return existsSync(nested) ? nested : mountPoint;
};

const findBases = (): Bases => {
  const paths = new Map<string, string>();
  for (const line of readFileSync("/proc/self/cgroup", "utf8").trim().split("\n")) {
    const [, controllers = "", ...rest] = line.split(":");
    for (const controller of controllers.split(",")) paths.set(controller, rest.join(":"));
  }
  const legacy = new Map<string, string>();
  let unified: string | null = null;
  for (const line of readFileSync("/proc/self/mounts", "utf8").split("\n")) {
    const [, mountPoint = "", type, options = ""] = line.split(" ");
    if (type === "cgroup2") unified ??= unifiedBase(ownFolder(mountPoint, paths.get("") ?? "/"));
    if (type !== "cgroup") continue;
    for (const option of options.split(",")) {
      const path = paths.get(option);
      if (path !== undefined) legacy.set(option, ownFolder(mountPoint, path));
    }
  }
  const controllers = unified === null ? "" : readFileSync(`${unified}/cgroup.controllers`, "utf8");
  return { unified, unifiedControllers: controllers.trim().split(" "), legacy };
};

const legacyFolders = ({ legacy, unified }: Bases): LegacyFolders | null => {
  const memory = legacy.get("memory");
  const pids = legacy.get("pids");
  const cpuacct = legacy.get("cpuacct") ?? null;
  if (memory === undefined || pids === undefined || (cpuacct === null && unified === null)) return null;
  return {
    memory,
    pids,
    cpu: legacy.get("cpu") ?? null,
    cpuacct: unified === null ? cpuacct : null,
    unified,
  };
};

const NAME = /^sandpiper-(\d+)-(\d+)$/;

const isAlive = (pid: number, startTicks: number): boolean => processStartTicks(pid) === startTicks;

/** A process of another pid namespace reads as 0: the group belongs to a living neighbour. */
const isForeign = (folder: string): boolean => readProcesses(folder).includes(0);

const SWEEP_TRIES = 100;
const SWEEP_PAUSE_MS = 10;

/** A killed process leaves its group a little later; at a start there is nothing else to do meanwhile. */
const removeDying = (group: string): void => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < SWEEP_TRIES; attempt += 1) {
    killProcesses(group);
    if (removeGroup(group)) return;
    Atomics.wait(never, 0, 0, SWEEP_PAUSE_MS);
  }
};

const sweepFolder = (folder: string): void => {
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const groups = [...children.map(({ name }) => `${folder}/${name}`), folder];
  if (groups.some(isForeign)) return;
  for (const group of groups) removeDying(group);
};

/** Removes what executors that are dead left behind; a group's name says whose it is. */
const sweep = (bases: readonly string[]): void => {
  for (const base of bases) {
    for (const name of readdirSync(base)) {
      const [, pid, startTicks] = NAME.exec(name) ?? [];
      if (pid === undefined || startTicks === undefined) continue;
      if (!isAlive(Number(pid), Number(startTicks))) sweepFolder(`${base}/${name}`);
    }
  }
};

const build = (bases: Bases, name: string): GroupTree | null => {
  if (bases.unified !== null && ["memory", "pids"].every((c) => bases.unifiedControllers.includes(c))) {
    sweep([bases.unified]);
    return createUnifiedTree(bases.unified, name);
  }
  const folders = legacyFolders(bases);
  if (folders === null) return null;
  sweep(Object.values(folders).filter((folder): folder is string => folder !== null));
  return createLegacyTree(folders, name);
};

/**
 * The tree for this process's job groups, or null where cgroups cannot be written. It is tried with a real
 * group and a real limit, because a mount's flags do not tell.
 */
export const openGroupTree = (): GroupTree | null => {
  const name = `sandpiper-${process.pid}-${processStartTicks(process.pid) ?? 0}`;
  try {
    const tree = build(findBases(), name);
    if (tree === null) return null;
    const trial = tree.create("trial");
    trial.limitMemory(64 * 1024 * 1024);
    trial.usage();
    trial.remove();
    return tree;
  } catch (error) {
    if (failedWith(error, "EACCES", "EPERM", "EROFS", "ENOENT", "EBUSY", "EOPNOTSUPP")) return null;
    throw error;
  }
};
