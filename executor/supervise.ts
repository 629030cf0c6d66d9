import type { AttemptLimits } from "../src/wire/attempt.ts";
import { DROPPED_NAMED, type DroppedOutput } from "../src/wire/report.ts";
import type { LogStream, TerminationReason } from "../src/wire/vocabulary.ts";
import { shownPath } from "./archive-path.ts";
import { lookInTurn } from "./look-in-turn.ts";
import type { LauncherRecord } from "./sandbox/launcher.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { createTimeLimits, type TimeRules } from "./time-limits.ts";
import { badInput, type Ending, endedByItself, infrastructure, killedFor } from "./verdict.ts";

/** Without cgroups the first look comes early, so that a short job has been seen at all. */
const FIRST_LOOK_MS = 10;
/** Laying out inputs and packing outputs are bounded apart from the program's own time. */
const UNPACK_MS = 60_000;
const COLLECT_MS = 30_000;
/** A job could make the launcher say that it has ended, and go on: packing is not worth more time than this. */
const COLLECT_CPU_US = 2_000_000;
const SIGXCPU_STATUS = 152;
const KILLED_STATUS = 137;

export interface Figures {
  readonly cpuUs: number;
  readonly memoryPeakBytes: number;
  readonly wallTimeMs: number;
}

export interface Supervised {
  readonly ending: Ending;
  readonly figures: Figures;
  readonly truncated: Readonly<Record<LogStream, boolean>>;
  /** What the launcher could not pack: how much, and the first of it. */
  readonly leftOut: { readonly count: number; readonly named: readonly DroppedOutput[] };
}

const strictly: TimeRules = { graceMs: 0, keepsOutputs: false };

export interface Supervision {
  /** Ends the program for a reason of the executor's; the first reason stays. */
  stop(ending: Ending): void;
  /** Settles when nothing runs any more and its streams have been read to their ends. */
  readonly done: Promise<Supervised>;
}

export interface SupervisionEvents {
  onStarted(atMs: number): void;
  /** Bytes of a stream up to its cap. */
  onOutput(stream: LogStream, chunk: Buffer): void;
  onExited(): void;
}

const withLeft = (before: Supervised["leftOut"], record: LauncherRecord): Supervised["leftOut"] => {
  if (record.kind === "left") return { ...before, count: record.count };
  if (record.kind !== "left-out" || before.named.length >= DROPPED_NAMED) return before;
  const reason = record.type === "s" ? "special" : "unreadable";
  return { ...before, named: [...before.named, { path: shownPath(record.name), reason }] };
};

/** Counts a stream's bytes and passes on what is below the cap. */
const createCap = (capBytes: number, pass: (chunk: Buffer) => void, onPassed: () => void) => {
  let passedBytes = 0;
  let truncated = false;
  return {
    isTruncated: () => truncated,
    take: (chunk: Buffer): void => {
      if (truncated) return;
      const room = capBytes - passedBytes;
      passedBytes += Math.min(chunk.length, room);
      if (room > 0) pass(chunk.subarray(0, room));
      if (chunk.length <= room) return;
      truncated = true;
      onPassed();
    },
  };
};

/** Both streams up to the cap each; nothing is read before `read`, or thrown away before `discard`. */
const capStreams = (
  sandbox: Sandbox,
  capBytes: number,
  pass: SupervisionEvents["onOutput"],
  onPassed: () => void,
) => {
  const stdout = createCap(capBytes, (chunk) => pass("stdout", chunk), onPassed);
  const stderr = createCap(capBytes, (chunk) => pass("stderr", chunk), onPassed);
  const closed = (stream: LogStream) =>
    new Promise<void>((resolve) => sandbox[stream].once("close", () => resolve()));
  return {
    ended: Promise.all([closed("stdout"), closed("stderr")]),
    truncated: () => ({ stdout: stdout.isTruncated(), stderr: stderr.isTruncated() }),
    read: (): void => {
      sandbox.stdout.on("data", stdout.take);
      sandbox.stderr.on("data", stderr.take);
    },
    discard: (): void => {
      sandbox.stdout.resume();
      sandbox.stderr.resume();
    },
  };
};

type Exited = LauncherRecord & { readonly kind: "exited" };

/** How a program ended that nobody ended. */
const ownEnding = (end: {
  readonly exited: Exited | null;
  readonly hasStarted: boolean;
  /** The limit that it was told to end for, and did. */
  readonly told: TerminationReason | null;
  /** Of the launch chain. */
  readonly status: number | null;
  readonly limits: AttemptLimits;
  readonly figures: Figures;
}): Ending => {
  const { exited, told } = end;
  if (exited === null) {
    if (!end.hasStarted) return infrastructure("sandbox");
    // The shell that ran the program was killed, which a program can do where no namespace is.
    return endedByItself(end.status ?? KILLED_STATUS, true);
  }
  if (told !== null) return { ...endedByItself(exited.status, exited.noticed), reason: told };
  const overCpu = exited.status === SIGXCPU_STATUS && end.figures.cpuUs >= end.limits.cpuMs * 1_000;
  return overCpu ? killedFor("timeout_cpu") : endedByItself(exited.status, exited.noticed);
};

/**
 * Watches one program from the moment its orders are sent until nothing of it is left: wall time, CPU time
 * and memory of the whole tree, and output bytes. Passing a limit kills the sandbox at once, or, where it is one of
 * time and outputs are to be kept, everything in it but the launcher.
 */
export const supervise = (
  sandbox: Sandbox,
  limits: AttemptLimits,
  events: SupervisionEvents,
  rules: TimeRules = strictly,
): Supervision => {
  let leftOut: Supervised["leftOut"] = { count: 0, named: [] };
  let ending: Ending | null = null;
  let exited: Exited | null = null;
  let startedAtMs: number | null = null;
  let baseCpuUs = 0;
  let figures: Figures = { cpuUs: 0, memoryPeakBytes: 0, wallTimeMs: 0 };

  const stop = (reason: Ending): void => {
    if (exited === null) ending ??= reason;
    sandbox.kill();
  };
  const limit = (reason: TerminationReason): void => stop(killedFor(reason));

  const time = createTimeLimits(sandbox, limits, rules, {
    isOpen: () => exited === null && ending === null,
    settle: (reason) => {
      ending = killedFor(reason);
    },
    end: limit,
  });

  const measure = (): void => {
    const usage = sandbox.usage();
    if (exited !== null) {
      figures = { ...figures, cpuUs: Math.max(figures.cpuUs, usage.cpuUs - baseCpuUs) };
      if (usage.cpuUs - baseCpuUs > limits.cpuMs * 1_000 + COLLECT_CPU_US) sandbox.kill();
      return;
    }
    figures = {
      cpuUs: Math.max(0, usage.cpuUs - baseCpuUs),
      memoryPeakBytes: Math.max(figures.memoryPeakBytes, usage.memoryPeakBytes),
      wallTimeMs: startedAtMs === null ? 0 : performance.now() - startedAtMs,
    };
    if (usage.oomKills > 0) limit("memory");
    else if (startedAtMs !== null) time.lookAt(figures);
  };

  const streams = capStreams(sandbox, limits.outputBytesPerStream, events.onOutput, () =>
    limit("output_limit"),
  );
  time.within(UNPACK_MS, () => stop(infrastructure("unpack")));
  const stopLooking = lookInTurn(measure, FIRST_LOOK_MS);

  const onStarted = (): void => {
    startedAtMs = performance.now();
    baseCpuUs = sandbox.usage().cpuUs;
    time.start();
    events.onStarted(Date.now());
    streams.read();
  };
  const onExited = (record: Exited): void => {
    if (exited !== null) return;
    measure();
    exited = record;
    figures = { ...figures, cpuUs: Math.max(figures.cpuUs, record.waitedCpuUs) };
    time.within(COLLECT_MS, () => sandbox.kill());
    events.onExited();
  };
  sandbox.onRecord = (record) => {
    if (record.kind === "started" && startedAtMs === null) onStarted();
    else if (record.kind === "refused" && startedAtMs === null) stop(badInput("unpack"));
    else if (record.kind === "exited" && startedAtMs !== null) onExited(record);
    else if (exited !== null) leftOut = withLeft(leftOut, record);
  };

  // Before a start nothing of the program's runs; after it, this is the program's doing, as if it had killed the shell.
  sandbox.onForged = () =>
    stop(startedAtMs === null ? infrastructure("sandbox") : endedByItself(KILLED_STATUS, true));

  sandbox.onEnd = () => {
    measure();
    // Its group is removed next: nothing may look into it any more.
    stopLooking();
  };

  const finish = async (): Promise<Supervised> => {
    const status = await sandbox.ended;
    // What came before a start is the sandbox's own complaint, and nobody's output.
    if (startedAtMs === null) streams.discard();
    await streams.ended;
    time.clear();
    return {
      ending:
        ending ??
        ownEnding({ exited, hasStarted: startedAtMs !== null, told: time.told(), status, limits, figures }),
      figures,
      truncated: streams.truncated(),
      leftOut,
    };
  };
  return { stop, done: finish() };
};
