import { mkdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import {
  failedWith,
  forEachProcess,
  killProcesses,
  readKeyed,
  readNumber,
  removeGroup,
  writeOptional,
  writeValue,
} from "./group-files.ts";
import { GROUP_PROCESSES, type GroupTree, type JobGroup } from "./job-group.ts";

/** A job weighs an eighth of an ordinary process, however many processes it has. */
const CPU_WEIGHT = 12;

/** `memory.peak` came with Linux 5.19; before it, the highest value that a poll saw. */
const createPeak = (folder: string): (() => number) => {
  let highest = 0;
  return () => {
    try {
      return readNumber(folder, "memory.peak");
    } catch (error) {
      if (!failedWith(error, "ENOENT")) throw error;
      highest = Math.max(highest, readNumber(folder, "memory.current"));
      return highest;
    }
  };
};

const openGroup = (folder: string): JobGroup => {
  const peak = createPeak(folder);
  return {
    joinFiles: [`${folder}/cgroup.procs`],
    limitMemory: (bytes) => {
      writeValue(folder, "memory.max", bytes);
      writeOptional(folder, "memory.swap.max", 0);
    },
    usage: () => ({
      cpuUs: readKeyed(folder, "cpu.stat", "usage_usec"),
      memoryPeakBytes: peak(),
      oomKills: readKeyed(folder, "memory.events", "oom_kill"),
    }),
    kill: () => {
      // `cgroup.kill` came with Linux 5.14.
      if (!writeOptional(folder, "cgroup.kill", 1)) killProcesses(folder);
    },
    remove: () => removeGroup(folder),
  };
};

/** Where the processes of a base wait; the next executor, which may be started in it, uses it again. */
const LEAF = "sandpiper.self";

/** The group that an executor in `folder` makes its own groups in: above the leaf, if it starts in one. */
export const unifiedBase = (folder: string): string => (basename(folder) === LEAF ? dirname(folder) : folder);

const moveProcesses = (from: string, to: string): void =>
  forEachProcess(from, (pid) => writeValue(to, "cgroup.procs", pid));

const REQUIRED = "+memory +pids";
/** Processes that start while others are moved are moved in the next round. */
const MOVE_ROUNDS = 20;

/**
 * A group with processes cannot hand controllers to its children (the "no internal processes" rule), so
 * whatever runs in the base moves into a leaf first. Only a hierarchy's true root is exempt.
 */
const delegateControllers = (base: string): void => {
  for (let round = 1; ; round += 1) {
    try {
      writeValue(base, "cgroup.subtree_control", REQUIRED);
      break;
    } catch (error) {
      if (!failedWith(error, "EBUSY") || round === MOVE_ROUNDS) throw error;
      mkdirSync(`${base}/${LEAF}`, { recursive: true });
      moveProcesses(base, `${base}/${LEAF}`);
    }
  }
  writeOptional(base, "cgroup.subtree_control", "+cpu");
};

/** Job groups in a pure v2 hierarchy whose `base` this process may write. */
export const createUnifiedTree = (base: string, name: string): GroupTree => {
  delegateControllers(base);
  const top = `${base}/${name}`;
  mkdirSync(top);
  delegateControllers(top);
  return {
    kind: "cgroup-v2",
    create: (job) => {
      const folder = `${top}/${job}`;
      mkdirSync(folder);
      writeValue(folder, "pids.max", GROUP_PROCESSES);
      writeOptional(folder, "cpu.weight", CPU_WEIGHT);
      writeOptional(folder, "memory.oom.group", 1);
      return openGroup(folder);
    },
    close: () => {
      removeGroup(top);
    },
  };
};
