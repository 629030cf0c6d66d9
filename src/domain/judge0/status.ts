import type { JobSnapshot } from "../job/record.ts";
import { isTerminal } from "../job/state.ts";
import type { StoredCase } from "../ports/job-objects.ts";

const DESCRIPTIONS = [
  ...["In Queue", "Processing", "Accepted", "Wrong Answer", "Time Limit Exceeded", "Compilation Error"],
  ...["Runtime Error (SIGSEGV)", "Runtime Error (SIGXFSZ)", "Runtime Error (SIGFPE)"],
  ...["Runtime Error (SIGABRT)", "Runtime Error (NZEC)", "Runtime Error (Other)", "Internal Error"],
  "Exec Format Error",
];

export type Judge0Status = { readonly id: number; readonly description: string };

export const STATUSES: readonly Judge0Status[] = DESCRIPTIONS.map((description, index) => ({
  id: index + 1,
  description,
}));

export const statusOf = (id: number): Judge0Status => ({ id, description: DESCRIPTIONS[id - 1] ?? "" });

/** How a submission stands: its status, what is said about it, and how the program ended. */
export type Standing = {
  readonly statusId: number;
  readonly message: string | null;
  readonly exitCode: number | null;
  readonly exitSignal: number | null;
};

const SIGNALS: Readonly<Record<string, number>> = {
  ...{ SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8 },
  ...{ SIGKILL: 9, SIGUSR1: 10, SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15 },
  ...{ SIGXCPU: 24, SIGXFSZ: 25, SIGSYS: 31 },
};
const STATUS_OF_SIGNAL: Readonly<Record<string, number>> = { SIGSEGV: 7, SIGXFSZ: 8, SIGFPE: 9, SIGABRT: 10 };
const OTHER_SIGNAL = 12;
const NONZERO = 11;

const nothing = { message: null, exitCode: null, exitSignal: null };

const killed = (name: string): Standing => {
  const number = SIGNALS[name] ?? 9;
  return {
    statusId: STATUS_OF_SIGNAL[name] ?? OTHER_SIGNAL,
    message: `Caught fatal signal ${number}`,
    exitCode: 128 + number,
    exitSignal: number,
  };
};

const timedOut = (one: StoredCase): Standing => ({
  ...nothing,
  statusId: 5,
  message: one.reason === "timeout_wall" ? "Time limit exceeded (wall clock)" : "Time limit exceeded",
});

/** How a run that ended stands; CPU time over the limit is too long even where the extra time allowed it. */
const standingOfCase = (one: StoredCase, cpuTimeLimit: number): Standing => {
  if (one.verdict === "time_limit" || one.cpuSeconds > cpuTimeLimit) return timedOut(one);
  if (one.verdict === "memory_limit")
    return { statusId: NONZERO, message: "Exited with error status 137", exitCode: 137, exitSignal: null };
  if (one.verdict === "output_limit") return killed("SIGXFSZ");
  if (one.signal !== null) return killed(one.signal);
  if (one.exitCode !== 0)
    return {
      statusId: NONZERO,
      message: `Exited with error status ${one.exitCode}`,
      exitCode: one.exitCode,
      exitSignal: null,
    };
  return { ...nothing, statusId: one.verdict === "wrong_answer" ? 4 : 3, exitCode: 0 };
};

const MESSAGES: Partial<Record<string, string>> = {
  cancelled: "The submission was cancelled.",
  expired: "The submission expired.",
};

/** How a submission stands, from the job and the run that counts. */
export const standingOf = (
  { state, result }: JobSnapshot,
  counted: StoredCase | null,
  cpuTimeLimit: number,
): Standing => {
  if (!isTerminal(state)) return { ...nothing, statusId: state === "running" ? 2 : 1 };
  if (result?.reason === "compile_error") return { ...nothing, statusId: 6 };
  if (result?.reason === "exit" && counted !== null && counted.verdict !== "skipped")
    return standingOfCase(counted, cpuTimeLimit);
  const message = MESSAGES[result?.reason ?? ""] ?? result?.message ?? "The submission could not be run.";
  return { ...nothing, statusId: 13, message };
};
