import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Duplex, type Readable, type Writable } from "node:stream";
import { pause } from "../backoff.ts";
import { failedWith } from "./group-files.ts";
import type { GroupTree, JobGroup, Usage } from "./job-group.ts";
import { createRecordReader, type LauncherRecord } from "./launcher.ts";
import { closeWriteEnds, type OutputPipes } from "./output-pipes.ts";
import { createTreeMeter, treeMemoryBytes } from "./processes.ts";
import { descriptors, launchCommand, type Machine, type Shape } from "./profile.ts";

const GROUP_REMOVAL_PAUSE_MS = 20;
const GROUP_REMOVAL_CEILING_MS = 1_000;
const KILL_AGAIN_MS = 500;

/** What sandboxes are made with. */
export interface Workshop {
  readonly machine: Machine;
  readonly groups: GroupTree | null;
  readonly pipes: OutputPipes;
  /** File with the encoded filter; opened anew for each sandbox, because its offset is shared. */
  readonly filterPath: string;
}

/** A running sandbox: one program, once. */
export interface Sandbox {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Orders, stdin's text and the input archive. */
  readonly orders: Writable;
  readonly archive: Readable;
  /** Tells the launcher that its input archive is complete. */
  proceed(): void;
  /** Set by whoever runs the program. */
  onRecord: (record: LauncherRecord) => void;
  /** Called when everything has ended, while the last figures can still be read. */
  onEnd: () => void;
  /** Where no group guards it, `usage` counts passing the limit as `oomKills`. */
  limitMemory(bytes: number): void;
  /** Figures since the sandbox started; once it has ended, the last ones. */
  usage(): Usage;
  /** Ends everything in the sandbox at once. */
  kill(): void;
  /** When every process has ended: the exit status of the launch chain. */
  readonly ended: Promise<number | null>;
  /** When its group is gone too, and what it used can be used again. */
  readonly closed: Promise<void>;
}

/** Goes on for as long as it takes: whoever still runs in the group holds its slot, and so its id. */
const removeWhenEmpty = async (group: JobGroup): Promise<void> => {
  for (let pauseMs = GROUP_REMOVAL_PAUSE_MS; !group.remove(); pauseMs = 2 * pauseMs) {
    group.kill();
    await pause(Math.min(pauseMs, GROUP_REMOVAL_CEILING_MS));
  }
};

const signalQuietly = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!failedWith(error, "ESRCH")) throw error;
  }
};

const duplexAt = (child: ChildProcess, descriptor: number): Duplex => {
  const stream = child.stdio[descriptor];
  if (!(stream instanceof Duplex)) throw new Error(`descriptor ${descriptor} is not a pipe`);
  // A sandbox that is killed breaks its pipes; its end is seen in `closed`, so the break itself is no news.
  stream.on("error", () => stream.destroy());
  return stream;
};

/** The first process of the sandbox as this machine numbers it, from bubblewrap's `--info-fd`. */
const readChildPid = (info: Readable, onPid: (pid: number) => void): void => {
  let text = "";
  info.setEncoding("utf8");
  info.on("data", (chunk: string) => {
    text += chunk;
    const found = /"child-pid":\s*(\d+)/.exec(text)?.[1];
    if (found !== undefined) onPid(Number(found));
  });
};

/** Stands in for a group: looks at the processes themselves whenever it is asked. */
const createPolledGuard = (topPid: () => number): Pick<Sandbox, "limitMemory" | "usage"> => {
  let read: ReturnType<typeof createTreeMeter> | null = null;
  let limitBytes = Number.POSITIVE_INFINITY;
  let peakBytes = 0;
  return {
    limitMemory: (bytes) => {
      limitBytes = bytes;
    },
    usage: () => {
      read ??= createTreeMeter(topPid());
      const { cpuUs, residentBytes } = read();
      const memoryBytes = residentBytes > limitBytes ? treeMemoryBytes(topPid()) : residentBytes;
      peakBytes = Math.max(peakBytes, memoryBytes);
      return { cpuUs, memoryPeakBytes: peakBytes, oomKills: memoryBytes > limitBytes ? 1 : 0 };
    },
  };
};

/** Spawns the launch chain with the descriptors that the launcher expects. */
const launch = (workshop: Workshop, command: readonly string[], outputs: readonly [number, number]) => {
  const filter = openSync(workshop.filterPath, "r");
  const [file = "", ...args] = command;
  try {
    return spawn(file, args, {
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: ["ignore", ...outputs, filter, "pipe", "pipe", "pipe", "pipe"],
    });
  } finally {
    closeSync(filter);
  }
};

/** Kills by the sandbox's first process, then by process group and cgroup for whatever that missed. */
const createKiller = (child: ChildProcess, group: JobGroup | null, innerPid: () => number | null) => {
  let killed = false;
  return () => {
    if (killed || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    killed = true;
    const { pid } = child;
    const inner = innerPid();
    if (inner === null) signalQuietly(-pid);
    else signalQuietly(inner);
    const again = setTimeout(() => {
      signalQuietly(-pid);
      group?.kill();
    }, KILL_AGAIN_MS);
    child.once("exit", () => clearTimeout(again));
  };
};

/** Records may still be on their way when the exit is seen. */
const waitForEnd = async (child: ChildProcess, records: Duplex): Promise<number | null> => {
  const recordsEnded = new Promise<void>((resolve) => records.once("close", resolve));
  const code = await new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
    child.once("error", () => {
      records.destroy();
      resolve(null);
    });
  });
  await recordsEnded;
  return code;
};

/** Starts a sandbox that waits for orders; it says `ready` when it does. */
export const startSandbox = (
  workshop: Workshop,
  shape: Shape,
  place: { readonly slot: number; readonly directFolder: string | null; readonly name: string },
): Sandbox => {
  const group = workshop.groups?.create(place.name) ?? null;
  const joinFiles = group?.joinFiles ?? [];
  const stdout = workshop.pipes.open(place.slot, "stdout");
  const stderr = workshop.pipes.open(place.slot, "stderr");
  const command = launchCommand(workshop.machine, shape, { ...place, joinFiles });
  const child = launch(workshop, command, [stdout.writeDescriptor, stderr.writeDescriptor]);
  closeWriteEnds(stdout, stderr);

  const records = duplexAt(child, descriptors.records);
  let innerPid: number | null = null;
  readChildPid(duplexAt(child, descriptors.info), (pid) => {
    innerPid = pid;
  });
  let lastUsage: Usage = { cpuUs: 0, memoryPeakBytes: 0, oomKills: 0 };
  let isOver = false;
  const guard = group ?? createPolledGuard(() => innerPid ?? child.pid ?? 0);
  const ended = waitForEnd(child, records).then((code) => {
    sandbox.onEnd();
    isOver = true;
    return code;
  });
  const sandbox: Sandbox = {
    stdout: stdout.reader,
    stderr: stderr.reader,
    orders: duplexAt(child, descriptors.orders),
    archive: duplexAt(child, descriptors.archive),
    proceed: () => {
      records.write("go\0");
    },
    onRecord: () => undefined,
    onEnd: () => undefined,
    limitMemory: (bytes) => {
      if (!isOver) guard.limitMemory(bytes);
    },
    usage: () => {
      if (!isOver) lastUsage = guard.usage();
      return lastUsage;
    },
    kill: createKiller(child, group, () => innerPid),
    ended,
    closed: ended.then(() => (group === null ? undefined : removeWhenEmpty(group))),
  };
  records.on(
    "data",
    createRecordReader((record) => sandbox.onRecord(record)),
  );
  return sandbox;
};
