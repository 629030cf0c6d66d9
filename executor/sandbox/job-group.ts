import { SANDBOX_PROCESSES } from "../../src/wire/limits.ts";

/** Which counters a result's figures come from; `/health` names it. */
export type Accounting = "cgroup-v2" | "cgroup-v1" | "cgroup-hybrid" | "proc";

/** What the kernel has counted for one job and all its descendants. */
export interface Usage {
  readonly cpuUs: number;
  readonly memoryPeakBytes: number;
  /** Processes that the kernel killed for want of memory. */
  readonly oomKills: number;
}

/** One job's control group; every method is quick and synchronous. */
export interface JobGroup {
  /** `cgroup.procs` files that the launch shell writes itself into before it becomes the job. */
  readonly joinFiles: readonly string[];
  limitMemory(bytes: number): void;
  usage(): Usage;
  /** SIGKILL to every process of the group. */
  kill(): void;
  /** False while processes are left in it. */
  remove(): boolean;
}

/** A place under which job groups can be made. */
export interface GroupTree {
  readonly kind: Exclude<Accounting, "proc">;
  create(name: string): JobGroup;
  /** Removes the tree itself; its groups must be gone. */
  close(): void;
}

/** The job's own limit is set inside (RLIMIT_NPROC); this adds what bubblewrap and the launcher need. */
export const GROUP_PROCESSES = SANDBOX_PROCESSES + 12;
