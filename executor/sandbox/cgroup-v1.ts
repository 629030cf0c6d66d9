import { existsSync, mkdirSync } from "node:fs";
import {
  killProcesses,
  readKeyed,
  readNumber,
  removeGroup,
  writeOptional,
  writeValue,
} from "./group-files.ts";
import { GROUP_PROCESSES, type GroupTree, type JobGroup, type Usage } from "./job-group.ts";

/** Folders of this executor in each hierarchy; `unified` is a v2 mount beside v1, without controllers. */
export interface LegacyFolders {
  readonly memory: string;
  readonly pids: string;
  readonly cpu: string | null;
  readonly cpuacct: string | null;
  readonly unified: string | null;
}

/** A job weighs an eighth of an ordinary process, however many processes it has. */
const CPU_SHARES = 128;
const TCP_BYTES = 64 * 1024 * 1024;

const cpuUsageUs = (folders: LegacyFolders): number => {
  if (folders.unified !== null) return readKeyed(folders.unified, "cpu.stat", "usage_usec");
  if (folders.cpuacct !== null) return Math.floor(readNumber(folders.cpuacct, "cpuacct.usage") / 1_000);
  return 0;
};

const usage = (folders: LegacyFolders): Usage => ({
  cpuUs: cpuUsageUs(folders),
  memoryPeakBytes: readNumber(folders.memory, "memory.max_usage_in_bytes"),
  oomKills: readKeyed(folders.memory, "memory.oom_control", "oom_kill"),
});

const present = (folders: LegacyFolders): readonly string[] => [
  ...new Set(Object.values(folders).filter((folder): folder is string => folder !== null)),
];

const within = (folders: LegacyFolders, name: string): LegacyFolders => ({
  memory: `${folders.memory}/${name}`,
  pids: `${folders.pids}/${name}`,
  cpu: folders.cpu && `${folders.cpu}/${name}`,
  cpuacct: folders.cpuacct && `${folders.cpuacct}/${name}`,
  unified: folders.unified && `${folders.unified}/${name}`,
});

const openGroup = (folders: LegacyFolders): JobGroup => ({
  joinFiles: present(folders).map((folder) => `${folder}/cgroup.procs`),
  limitMemory: (bytes) => {
    writeValue(folders.memory, "memory.limit_in_bytes", bytes);
    writeOptional(folders.memory, "memory.memsw.limit_in_bytes", bytes);
    // Buffers of TCP sockets are counted apart here, and not at all without a limit of their own.
    writeOptional(folders.memory, "memory.kmem.tcp.limit_in_bytes", Math.min(bytes, TCP_BYTES));
  },
  usage: () => usage(folders),
  kill: () => {
    if (folders.unified !== null && existsSync(`${folders.unified}/cgroup.kill`)) {
      writeValue(folders.unified, "cgroup.kill", 1);
    }
    killProcesses(folders.pids);
  },
  remove: () => present(folders).every(removeGroup),
});

/** Job groups over v1 hierarchies; with a v2 mount beside them, CPU time and killing come from that. */
export const createLegacyTree = (base: LegacyFolders, name: string): GroupTree => {
  const top = within(base, name);
  for (const folder of present(top)) mkdirSync(folder);
  return {
    kind: top.unified === null ? "cgroup-v1" : "cgroup-hybrid",
    create: (job) => {
      const folders = within(top, job);
      for (const folder of present(folders)) mkdirSync(folder);
      writeValue(folders.pids, "pids.max", GROUP_PROCESSES);
      if (folders.cpu !== null) writeValue(folders.cpu, "cpu.shares", CPU_SHARES);
      return openGroup(folders);
    },
    close: () => {
      for (const folder of present(top)) removeGroup(folder);
    },
  };
};
