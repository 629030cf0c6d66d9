import { constants } from "node:os";
import type { TerminationReason } from "../src/wire/vocabulary.ts";

/** How a program ended, before its outputs are looked at. */
export interface Ending {
  readonly reason: TerminationReason;
  /** The executor ended, not the program: the attempt is made again and does not count. */
  readonly executorStopped?: true;
  /** Null when it was killed before it could exit. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly message: string | null;
}

/** Fixed texts for `infrastructure`: an exception's own text might hold an address or a token. */
export const faults = {
  sandbox: "The sandbox could not be started.",
  inputs: "An input could not be fetched.",
  changed: "An input was changed after processing began.",
  archive: "An input archive is malformed.",
  origin: "An input lies where this executor may not fetch it; see EXECUTOR_STORAGE_ORIGINS.",
  script:
    'The shell script was saved for another system: it has a byte order mark, or CRs at the ends of its lines. Save it with LF, or send "normalize": true in the manifest.',
  hash: "The program that was laid out is not the one whose hash the job has.",
  unpack: "The inputs do not fit into the workspace.",
  environment: "The environment is not available on this executor.",
  language: "The language is not available on this executor.",
  cases: "The cases could not be read.",
  collect: "The outputs could not be collected.",
  upload: "The outputs could not be stored.",
  stopped: "The executor was stopped.",
  internal: "The executor failed.",
} as const;
export type Fault = keyof typeof faults;
/** Those of the input itself: making the attempt again would find the same. */
export type InputFaultKind = Extract<Fault, "archive" | "changed" | "hash" | "script" | "unpack">;

const ENTRY_CHARS = 200;

export const infrastructure = (fault: Fault): Ending => ({
  reason: "infrastructure",
  exitCode: null,
  signal: null,
  message: faults[fault],
});

/** The executor itself is to end at once. */
export const stopped: Ending = { ...infrastructure("stopped"), executorStopped: true };

/** An input that no executor can use; `entry` is the name, as the client gave it, of what is wrong with it. */
export const badInput = (fault: InputFaultKind, entry: string | null = null): Ending => ({
  reason: "bad_input",
  exitCode: null,
  signal: null,
  message:
    entry === null ? faults[fault] : `${faults[fault]} See ${JSON.stringify(entry.slice(0, ENTRY_CHARS))}.`,
});

/** Killed by the executor for a limit, or because it was asked to. */
export const killedFor = (reason: TerminationReason): Ending => ({
  reason,
  exitCode: null,
  signal: "SIGKILL",
  message: null,
});

const signalName = (number: number): string | null =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;

/** Signals whose death a shell does not remark on: here the status alone has to do. */
const unremarked = new Set([128 + 2, 128 + 13, 128 + 15]);

/**
 * A shell's status as an ending: 128 + n is a signal if the shell noticed one, else the program chose to
 * exit with that number.
 */
export const endedByItself = (status: number, noticed: boolean): Ending => {
  const signal = status > 128 && (noticed || unremarked.has(status)) ? signalName(status - 128) : null;
  return { reason: signal === null ? "exit" : "signal", exitCode: status, signal, message: null };
};
