import { closeSync, constants } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pause } from "../backoff.ts";
import { noteWork } from "../loop-watch.ts";
import { failedWith } from "./group-files.ts";
import type { GroupTree, JobGroup, Usage } from "./job-group.ts";
import { createRecordReader, type LauncherRecord } from "./launcher.ts";
import { etcFiles } from "./own-etc.ts";
import type { FromSandbox, IntoSandbox, SandboxPipe, SandboxPipes } from "./pipes.ts";
import { createPolledGuard } from "./polled-guard.ts";
import { descendantsOf, firstChildOf } from "./processes.ts";
import { descriptors, FIRST_UID, launchCommand, type Machine, type Shape } from "./profile.ts";
import type { Given, Spawned, Spawner } from "./spawner.ts";

const GROUP_REMOVAL_PAUSE_MS = 20;
const GROUP_REMOVAL_CEILING_MS = 1_000;
const KILL_AGAIN_MS = 500;

/** What sandboxes are made with. */
export interface Workshop {
  readonly machine: Machine;
  readonly groups: GroupTree | null;
  readonly pipes: SandboxPipes;
  readonly spawner: Spawner;
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

const LAUNCHER_PIPES = { stdout: 1, stderr: 2, orders: 5, archive: 6, records: 7, go: 8 } as const;

/** What the launch chain is given, by the numbers that bubblewrap and the launcher expect. */
const givenTo = (workshop: Workshop, pipes: Pipes): readonly Given[] => {
  const { level, shared } = workshop.machine;
  const readOnly = (number: number, path: string): Given => ({ number, flags: constants.O_RDONLY, path });
  const etc = level === 0 ? [] : etcFiles;
  return [
    readOnly(0, "/dev/null"),
    readOnly(descriptors.seccomp, workshop.filterPath),
    { number: LAUNCHER_PIPES.stdout, ...pipes.stdout.given },
    { number: LAUNCHER_PIPES.stderr, ...pipes.stderr.given },
    { number: LAUNCHER_PIPES.orders, ...pipes.orders.given },
    { number: LAUNCHER_PIPES.archive, ...pipes.archive.given },
    { number: LAUNCHER_PIPES.records, ...pipes.records.given },
    { number: LAUNCHER_PIPES.go, ...pipes.go.given },
    ...etc.map((name, index) => readOnly(descriptors.etc + index, join(shared.etcFolder, name))),
  ];
};

/** Has the launch chain started with the descriptors that it expects. */
const launch = (
  workshop: Workshop,
  command: readonly string[],
  { slot, joinFiles }: { readonly slot: number; readonly joinFiles: readonly string[] },
  pipes: Pipes,
): Spawned => {
  const uid = workshop.machine.isRoot ? FIRST_UID + slot : null;
  const spawned = workshop.spawner.spawn({ uid, joinFiles, given: givenTo(workshop, pipes), command });
  void spawned.settled.then(() => {
    for (const { theirs } of Object.values(pipes)) closeSync(theirs);
  });
  return spawned;
};

/** Kills by the sandbox's first process, then by process group and cgroup for whatever that missed. */
const createKiller = (
  { pid, settled, exited }: Spawned,
  group: JobGroup | null,
  innerPid: () => number | null,
) => {
  let killed = false;
  let isOver = false;
  void exited.then(() => {
    isOver = true;
  });
  const kill = (): void => {
    const top = pid();
    if (isOver || top === null) return;
    const inner = innerPid();
    signalQuietly(inner ?? -top);
    const again = setTimeout(() => {
      signalQuietly(-top);
      group?.kill();
    }, KILL_AGAIN_MS);
    void exited.then(() => clearTimeout(again));
  };
  return () => {
    if (killed) return;
    killed = true;
    if (pid() === null) void settled.then(kill);
    else kill();
  };
};

/** Records may still be on their way when the exit is seen. */
const waitForEnd = async ({ pid, exited }: Spawned, records: Readable): Promise<number | null> => {
  const recordsEnded = new Promise<void>((resolve) => records.once("close", resolve));
  const status = await exited;
  if (pid() === null) records.destroy();
  await recordsEnded;
  return status;
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
  const command = launchCommand(workshop.machine, shape, place.directFolder);
  const spawned = launch(workshop, command, { slot: place.slot, joinFiles }, pipes);

  const records = pipes.records.ours;
  /** bubblewrap stays outside, and has this one child; with no namespace the launcher itself is on top. */
  const innerPid = (): number | null => {
    const top = spawned.pid();
    return top === null || workshop.machine.level === 0 ? null : firstChildOf(top);
  };
  let lastUsage: Usage = { cpuUs: 0, memoryPeakBytes: 0, oomKills: 0 };
  let isOver = false;
  const guard = group ?? createPolledGuard(() => innerPid() ?? spawned.pid());
  const ended = waitForEnd(spawned, records).then((code) => {
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
      const root = isOver ? null : (innerPid() ?? spawned.pid());
      if (root === null) return;
      for (const pid of descendantsOf(root)) signalQuietly(pid, signal);
    },
    kill: createKiller(spawned, group, innerPid),
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
