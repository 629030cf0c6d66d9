import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { Readable, type Writable } from "node:stream";
import { pause } from "../backoff.ts";
import { noteWork } from "../loop-watch.ts";
import { failedWith } from "./group-files.ts";
import type { GroupTree, JobGroup, Usage } from "./job-group.ts";
import { createRecordReader, type LauncherRecord } from "./launcher.ts";
import { etcFiles } from "./own-etc.ts";
import type { FromSandbox, IntoSandbox, SandboxPipe, SandboxPipes } from "./pipes.ts";
import { createPolledGuard } from "./polled-guard.ts";
import { descendantsOf } from "./processes.ts";
import { descriptors, launchCommand, type Machine, type Shape } from "./profile.ts";

const GROUP_REMOVAL_PAUSE_MS = 20;
const GROUP_REMOVAL_CEILING_MS = 1_000;
const KILL_AGAIN_MS = 500;

/** What sandboxes are made with. */
export interface Workshop {
  readonly machine: Machine;
  readonly groups: GroupTree | null;
  readonly pipes: SandboxPipes;
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
  /** Tells the launcher that its input archive is complete; a live program reads what is then written to `input`. */
  proceed(options?: { readonly keepsInput: boolean }): void;
  /** What a live program reads. */
  readonly input: Writable;
  /** Set by whoever runs the program. */
  onRecord: (record: LauncherRecord) => void;
  /** Called once when the records are none that a launcher writes. */
  onForged: () => void;
  /** Called when everything has ended, while the last figures can still be read. */
  onEnd: () => void;
  /** Where no group guards it, `usage` counts passing the limit as `oomKills`. */
  limitMemory(bytes: number): void;
  /** Figures since the sandbox started; once it has ended, the last ones. */
  usage(): Usage;
  /** The figures that the last look found, without another one. */
  lastUsage(): Usage;
  /** Sends a signal to all that the program is made of, and none to the launcher. */
  signalProgram(signal: NodeJS.Signals): void;
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

const signalQuietly = (pid: number, signal: NodeJS.Signals = "SIGKILL"): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!failedWith(error, "ESRCH")) throw error;
  }
};

/** A sandbox that is killed breaks its pipes; its end is seen in `closed`, so the break itself is no news. */
const ignoreBreaks = <T extends Readable | Writable>(stream: T): T => {
  stream.on("error", () => stream.destroy());
  return stream;
};

/** bubblewrap's own pipe, which it closes before the launcher starts. */
const infoOf = (child: ChildProcess): Readable => {
  const stream = child.stdio[descriptors.info];
  if (!(stream instanceof Readable)) throw new Error("there is no descriptor for bubblewrap's information");
  return ignoreBreaks(stream);
};

type Pipes = Readonly<Record<FromSandbox | IntoSandbox, SandboxPipe>>;

const openPipes = (pipes: SandboxPipes, slot: number): Pipes => {
  const opened = {
    stdout: pipes.from(slot, "stdout"),
    stderr: pipes.from(slot, "stderr"),
    archive: pipes.from(slot, "archive"),
    records: pipes.from(slot, "records"),
    orders: pipes.into(slot, "orders"),
    go: pipes.into(slot, "go"),
  };
  for (const { ours } of Object.values(opened)) ignoreBreaks(ours);
  return opened;
};

/**
 * Settles when our ends are closed too: the names are used again for the slot's next sandbox, which must not
 * find an end of this one. What nobody ever read is let go.
 */
const closePipes = async (pipes: Pipes): Promise<void> => {
  pipes.orders.ours.destroy();
  pipes.go.ours.destroy();
  for (const { ours } of [pipes.stdout, pipes.stderr, pipes.archive]) {
    if (ours.readableFlowing === null && ours.listenerCount("readable") === 0) ours.resume();
  }
  const closed = ({ ours }: SandboxPipe): Promise<void> =>
    ours.closed ? Promise.resolve() : new Promise((resolve) => ours.once("close", () => resolve()));
  await Promise.all(Object.values(pipes).map(closed));
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

/** Spawns the launch chain with the descriptors that the launcher expects. */
const launch = (workshop: Workshop, command: readonly string[], pipes: Pipes) => {
  const { stdout, stderr, orders, archive, records, go } = pipes;
  const { level, shared } = workshop.machine;
  const filter = openSync(workshop.filterPath, "r");
  const etc = level === 0 ? [] : etcFiles.map((name) => openSync(join(shared.etcFolder, name), "r"));
  const [file = "", ...args] = command;
  try {
    return spawn(file, args, {
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: [
        ...["ignore" as const, stdout.theirs, stderr.theirs, filter, "pipe" as const],
        ...[orders.theirs, archive.theirs, records.theirs, go.theirs],
        ...etc,
      ],
    });
  } finally {
    for (const descriptor of [filter, ...etc]) closeSync(descriptor);
    for (const { theirs } of Object.values(pipes)) closeSync(theirs);
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
const waitForEnd = async (child: ChildProcess, records: Readable): Promise<number | null> => {
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
  noteWork("starting a sandbox");
  const group = workshop.groups?.create(place.name) ?? null;
  const joinFiles = group?.joinFiles ?? [];
  const pipes = openPipes(workshop.pipes, place.slot);
  const command = launchCommand(workshop.machine, shape, { ...place, joinFiles });
  const child = launch(workshop, command, pipes);

  const records = pipes.records.ours;
  let innerPid: number | null = null;
  readChildPid(infoOf(child), (pid) => {
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
    stdout: pipes.stdout.ours,
    stderr: pipes.stderr.ours,
    orders: pipes.orders.ours,
    archive: pipes.archive.ours,
    input: pipes.go.ours,
    proceed: ({ keepsInput } = { keepsInput: false }) => {
      if (keepsInput) pipes.go.ours.write("go\0");
      else pipes.go.ours.end("go\0");
    },
    onRecord: () => undefined,
    onForged: () => undefined,
    onEnd: () => undefined,
    limitMemory: (bytes) => {
      if (!isOver) guard.limitMemory(bytes);
    },
    lastUsage: () => lastUsage,
    usage: () => {
      if (!isOver) lastUsage = guard.usage();
      return lastUsage;
    },
    signalProgram: (signal) => {
      const root = innerPid ?? child.pid;
      if (isOver || root === undefined) return;
      for (const pid of descendantsOf(root)) signalQuietly(pid, signal);
    },
    kill: createKiller(child, group, () => innerPid),
    ended,
    closed: ended.then(async () => {
      if (group !== null) await removeWhenEmpty(group);
      await closePipes(pipes);
    }),
  };
  records.on(
    "data",
    createRecordReader(
      (record) => sandbox.onRecord(record),
      () => sandbox.onForged(),
    ),
  );
  return sandbox;
};
