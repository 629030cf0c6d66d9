import type { JobSnapshot } from "../../domain/job/record.ts";
import type { StoredCase } from "../../domain/ports/job-objects.ts";
import type { CompileResult } from "../../wire/judging.ts";

/** How one stage ended, as the original tells it. */
export type Stage = {
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly output: string;
  readonly memory: number | null;
  readonly message: string | null;
  readonly status: string | null;
  readonly cpu_time: number | null;
  readonly wall_time: number | null;
};

type Ending = Pick<Stage, "signal" | "code" | "message" | "status">;

const killed = (status: string, message: string): Ending => ({
  signal: "SIGKILL",
  code: null,
  message,
  status,
});

const SIGNALS: Readonly<Record<string, number>> = {
  ...{ SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8 },
  ...{ SIGKILL: 9, SIGUSR1: 10, SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15 },
  ...{ SIGXCPU: 24, SIGXFSZ: 25, SIGSYS: 31 },
};

const exited = (code: number | null, signal: string | null): Ending => {
  if (signal !== null)
    return { signal, code: null, message: `Caught fatal signal ${SIGNALS[signal] ?? 0}`, status: "SG" };
  if (code === 0) return { signal: null, code, message: null, status: null };
  return { signal: null, code, message: `Exited with error status ${code}`, status: "RE" };
};

const fault = (message: string): Stage => ({
  ...{ signal: null, stdout: "", stderr: "", code: null, output: "", memory: null },
  ...{ message, status: "XX", cpu_time: null, wall_time: null },
});

const endingOf = (one: StoredCase, outputBytes: number): Ending => {
  if (one.reason === "timeout_wall") return killed("TO", "Time limit exceeded (wall clock)");
  if (one.verdict === "time_limit") return killed("TO", "Time limit exceeded");
  if (one.verdict === "memory_limit") return killed("SG", "Memory limit exceeded");
  if (one.verdict !== "output_limit") return exited(one.exitCode, one.signal);
  return one.stdoutBytes >= outputBytes
    ? killed("OL", "stdout length exceeded")
    : killed("EL", "stderr length exceeded");
};

const utf8 = (bytes: Uint8Array): string =>
  new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes);

/** Both streams as they came: the lengths of their pieces are told in turn, stdout's first. */
const joined = ({ stdout, stderr, order }: StoredCase): string => {
  const pieces: Uint8Array[] = [];
  const at = { stdout: 0, stderr: 0 };
  for (const [index, length] of order.entries()) {
    const name = index % 2 === 0 ? "stdout" : "stderr";
    const stream = name === "stdout" ? stdout : stderr;
    pieces.push(stream.subarray(at[name], at[name] + length));
    at[name] += length;
  }
  pieces.push(stdout.subarray(at.stdout), stderr.subarray(at.stderr));
  return pieces.map(utf8).join("");
};

const runStage = (one: StoredCase, outputBytes: number): Stage => ({
  ...endingOf(one, outputBytes),
  stdout: utf8(one.stdout),
  stderr: utf8(one.stderr),
  output: joined(one),
  memory: one.memoryPeakBytes,
  cpu_time: Math.round(one.cpuSeconds * 1_000),
  wall_time: one.wallTimeMs,
});

const COMPILE_ENDINGS: Partial<Record<CompileResult["status"], Ending>> = {
  time_limit: killed("TO", "Time limit exceeded (wall clock)"),
  memory_limit: killed("SG", "Memory limit exceeded"),
  output_limit: killed("OL", "stdout length exceeded"),
};

/** What a compiler says is its stderr. */
const compileStage = (result: CompileResult): Stage => ({
  ...(COMPILE_ENDINGS[result.status] ?? exited(result.exitCode, result.signal)),
  stdout: "",
  stderr: result.output,
  output: result.output,
  memory: result.memoryPeakBytes,
  cpu_time: Math.round(result.cpuSeconds * 1_000),
  wall_time: result.wallTimeMs,
});

/** The stages of an execution that has ended; where it did not compile, `run` is a copy of `compile`. */
export const stagesOf = (
  { compiled, result }: JobSnapshot,
  cases: readonly StoredCase[],
  outputBytes: number,
): { readonly compile?: Stage; readonly run: Stage } => {
  const [one] = cases;
  const compile = compiled === undefined ? null : compileStage(compiled);
  const run =
    one === undefined ? fault(result?.message ?? "The program could not be run") : runStage(one, outputBytes);
  if (compile === null) return { run };
  return { compile, run: compiled?.status === "ok" ? run : compile };
};
