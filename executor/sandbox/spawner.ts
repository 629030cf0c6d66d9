import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { spawnerScript } from "./spawner-script.ts";
import type { Architecture } from "./syscalls.ts";

/** `prctl`, `setgroups` and `signalfd4`, which Perl has no words for. */
const systemCalls: Readonly<Record<Architecture, readonly number[]>> = {
  x86_64: [157, 116, 289],
  aarch64: [167, 159, 74],
};

/** A descriptor that a process is given: its number there, and the file that is opened as it. */
export interface Given {
  readonly number: number;
  /** As `open` takes them. */
  readonly flags: number;
  readonly path: string;
}

export interface SpawnOrder {
  /** The user and group that it becomes; null where this process is not root. */
  readonly uid: number | null;
  /** `cgroup.procs` files that it writes itself into before anything else. */
  readonly joinFiles: readonly string[];
  readonly given: readonly Given[];
  readonly command: readonly string[];
}

/** A process that was ordered. */
export interface Spawned {
  /** Null until it has started, and when it never does. */
  pid(): number | null;
  /** Settles when it has been given its descriptors, or never will be. */
  readonly settled: Promise<void>;
  /** Its exit status; null where a signal ended it, or it never started. */
  readonly exited: Promise<number | null>;
}

/** Starts the first process of each sandbox, and holds the pipes of all. */
export interface Spawner {
  /** Paths by which this process opens the pipes. */
  readonly pipes: readonly string[];
  /** The same for a process that is started, by which it is given them. */
  readonly givenPipes: readonly string[];
  spawn(order: SpawnOrder): Spawned;
  /** Ends it, and whatever it started with it. */
  close(): void;
}

const encode = (id: number, { uid, joinFiles, given, command }: SpawnOrder): Buffer => {
  const descriptors = given.flatMap(({ number, flags, path }) => [number, flags, path]);
  const fields = [id, uid ?? "", joinFiles.length, ...joinFiles, given.length, ...descriptors, ...command];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(""));
  return Buffer.concat([Buffer.from(`${body.length}\n`), body]);
};

interface Waiting {
  started(pid: number): void;
  ended(status: number | null): void;
}

/** An order's state, told by the lines that answer it. */
const createSpawned = (): { readonly spawned: Spawned; readonly waiting: Waiting } => {
  const settled = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<number | null>();
  let pid: number | null = null;
  return {
    spawned: { pid: () => pid, settled: settled.promise, exited: exited.promise },
    waiting: {
      started: (started) => {
        pid = started;
        settled.resolve();
      },
      ended: (status) => {
        settled.resolve();
        exited.resolve(status);
      },
    },
  };
};

/** Calls `onLine` with each whole line. */
const readLines = (source: Readable, onLine: (line: string) => void): void => {
  let pending = "";
  source.setEncoding("latin1");
  source.on("data", (text: string) => {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
};

const startProcess = (architecture: Architecture, pipes: number): ChildProcess =>
  spawn("perl", ["-e", spawnerScript, String(pipes), ...systemCalls[architecture].map(String)], {
    // Signals of a terminal are for this process, which ends its sandboxes in its own order.
    detached: true,
    cwd: "/",
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    stdio: ["pipe", "pipe", "inherit"],
  });

/** Starts it with so many pipes. Its own end ends every sandbox, so this process ends with it. */
export const startSpawner = async (architecture: Architecture, pipes: number): Promise<Spawner> => {
  const child = startProcess(architecture, pipes);
  const { stdin, stdout, pid } = child;
  if (stdin === null || stdout === null) throw new Error("the starter of sandboxes has no pipes");
  let isClosing = false;
  stdin.on("error", () => stdin.destroy());
  child.once("error", (error) => {
    throw error;
  });
  child.once("exit", () => {
    if (!isClosing) throw new Error("the starter of sandboxes has ended");
  });
  const held: string[] = [];
  const ready = Promise.withResolvers<void>();
  const waiting = new Map<number, Waiting>();
  readLines(stdout, (line) => {
    const [kind = "", id, figure] = line.split(" ");
    const order = waiting.get(Number(id));
    if (kind === "held") ready.resolve();
    else if (kind === "started") order?.started(Number(figure));
    else if (kind !== "exited") held.push(kind);
    else if (waiting.delete(Number(id))) order?.ended(figure === "-" ? null : Number(figure));
  });
  await ready.promise;
  let last = 0;
  return {
    pipes: held.map((descriptor) => `/proc/${pid}/fd/${descriptor}`),
    givenPipes: held.map((descriptor) => `/proc/self/fd/${descriptor}`),
    spawn: (order) => {
      last += 1;
      const { spawned, waiting: entry } = createSpawned();
      waiting.set(last, entry);
      stdin.write(encode(last, order));
      return spawned;
    },
    close: () => {
      isClosing = true;
      stdin.end();
    },
  };
};
