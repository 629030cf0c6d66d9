import { z } from "zod";
import { logStream } from "./vocabulary.ts";

/**
 * What goes over the socket of an interactive attempt: text frames of JSON. The executor opens it at
 * `/executor/attempts/{id}/interactive` with the attempt's token as bearer; the job's object joins it to the client's.
 */
export const INTERACTIVE_CLOSE = {
  /** The program has ended and all that it printed was sent. */
  done: 1000,
  /** There is no program, and there will be none. */
  failed: 1011,
} as const;

/** Characters of one piece of input or output. */
export const INTERACTIVE_DATA_CHARS = 64 * 1024;

export const signalName = z.enum([
  ...["SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL"],
  ...["SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGCHLD", "SIGCONT", "SIGSTOP"],
  ...["SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH"],
  ...["SIGIO", "SIGPWR", "SIGSYS"],
] as const);
export type SignalName = z.infer<typeof signalName>;

const stage = z.enum(["compile", "run"]);

/** From the executor, in this order for each stage: `stage`, `data` as it comes, `exit`. */
export const fromProgram = z.discriminatedUnion("type", [
  z.object({ type: z.literal("stage"), stage }),
  z.object({ type: z.literal("data"), stream: logStream, data: z.string() }),
  /** Null for the other: a program exits or dies of a signal. */
  z.object({
    type: z.literal("exit"),
    stage,
    code: z.int().min(0).max(255).nullable(),
    signal: z.string().max(16).nullable(),
  }),
]);
export type FromProgram = z.infer<typeof fromProgram>;

/** To the program, while its run stage lasts. */
export const toProgram = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("data"),
    stream: z.literal("stdin"),
    data: z.string().max(INTERACTIVE_DATA_CHARS),
  }),
  z.object({ type: z.literal("signal"), signal: signalName }),
]);
export type ToProgram = z.infer<typeof toProgram>;
