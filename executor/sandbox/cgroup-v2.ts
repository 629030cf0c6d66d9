import { mkdirSync } from "node:fs";
import {
  failedWith,
  readKeyed,
  readNumber,
  readProcesses,
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
    kill: () => writeValue(folder, "cgroup.kill", 1),
    remove: () => removeGroup(folder),
  };
};

/**
 * A group with processes cannot hand controllers to its children (the "no internal processes" rule), so
 * whatever runs in the base moves into a leaf of its own first.
 */
const delegateControllers = (base: string, name: string): void => {
  try {
    writeValue(base, "cgroup.subtree_control", "+memory +pids +cpu");
  } catch (error) {
    if (!failedWith(error, "EBUSY")) throw error;
    const leaf = `${base}/${name}.self`;
    mkdirSync(leaf);
    for (const pid of readProcesses(base)) writeValue(leaf, "cgroup.procs", pid);
    writeValue(base, "cgroup.subtree_control", "+memory +pids +cpu");
  }
};

/** Job groups in a pure v2 hierarchy whose `base` this process may write. */
export const createUnifiedTree = (base: string, name: string): GroupTree => {
  delegateControllers(base, name);
  const top = `${base}/${name}`;
  mkdirSync(top);
  writeValue(top, "cgroup.subtree_control", "+memory +pids +cpu");
  return {
    kind: "cgroup-v2",
    create: (job) => {
      const folder = `${top}/${job}`;
      mkdirSync(folder);
      writeValue(folder, "pids.max", GROUP_PROCESSES);
      writeValue(folder, "cpu.weight", CPU_WEIGHT);
      writeOptional(folder, "memory.oom.group", 1);
      return openGroup(folder);
    },
    close: () => {
      removeGroup(top);
    },
  };
};
