import type { Deps } from "../deps/types.ts";
import type { FunctionRun, JobHandle } from "../domain/ports/job-objects.ts";
import { type FileFaults, functionInputs, functionOutputs } from "../domain/workloads/function-files.ts";
import type { AnyFunctionContext, ResolvedFunction, Workload } from "../domain/workloads/types.ts";
import { HEARTBEAT_MS } from "../wire/limits.ts";
import type { FinishedEvent, OutputFile } from "../wire/report.ts";
import { createFunctionReporter, type FunctionReporter, type StopSign } from "./function-reporter.ts";

type Ending = Pick<FinishedEvent, "reason" | "exitCode" | "message" | "outputs">;

const ending = (reason: Ending["reason"], message: string | null = null): Ending => ({
  reason,
  exitCode: null,
  message,
  outputs: [],
});

/** The one thing that ends a run before its time; the first reason counts. */
const createStop = () => {
  const abort = new AbortController();
  let reason: StopSign | "timeout" | null = null;
  return {
    signal: abort.signal,
    reason: () => reason,
    because: (why: StopSign | "timeout"): void => {
      reason ??= why;
      abort.abort();
    },
  };
};
type Stop = ReturnType<typeof createStop>;

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(new Error("stopped"));
    signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
  });

const progressLog = (log: (line: string) => void): ((fraction: number) => void) => {
  let shown = -1;
  return (fraction) => {
    const percent = Math.floor(Math.min(1, Math.max(0, fraction)) * 100);
    if (!(percent > shown)) return;
    shown = percent;
    log(`${percent}%`);
  };
};

const endingOf = (error: unknown, stop: Stop, faults: FileFaults, reporter: FunctionReporter): Ending => {
  if (stop.reason() === "timeout") return ending("timeout_wall");
  if (stop.reason() !== null) return ending("cancelled");
  if (faults.fault !== null) return ending(faults.fault.reason, faults.fault.message);
  reporter.log("stderr", `${error instanceof Error ? error.message : String(error)}\n`);
  return { ...ending("exit"), exitCode: 1 };
};

type Work = {
  readonly deps: Deps;
  readonly workload: Workload;
  readonly process: ResolvedFunction;
  readonly run: FunctionRun;
  readonly reporter: FunctionReporter;
  readonly stop: Stop;
};

const work = async ({ deps, workload, process, run, reporter, stop }: Work): Promise<Ending> => {
  const faults: FileFaults = { fault: null };
  const outputs = functionOutputs(workload, run.attemptId, deps.bucket, deps.sha256, faults);
  const log = (line: string): void => reporter.log("stdout", `${line}\n`);
  const context: AnyFunctionContext = {
    params: run.params,
    inputs: functionInputs(workload, run.files, deps.bucket, faults),
    outputs: outputs.byName,
    log,
    progress: progressLog(log),
    signal: stop.signal,
  };
  try {
    await Promise.race([process.run(context), untilAborted(stop.signal)]);
    const files: OutputFile[] = await outputs.finish();
    return { ...ending("exit"), exitCode: 0, outputs: files };
  } catch (error) {
    // The lifecycle rule of the bucket ends an upload that cannot be ended here.
    await outputs.abort().catch((failure) => deps.log.error("function.abort_failed", failure));
    return endingOf(error, stop, faults, reporter);
  }
};

const execute = async (
  deps: Deps,
  job: JobHandle,
  run: FunctionRun,
  workload: Workload,
  process: ResolvedFunction,
) => {
  const stop = createStop();
  const startedAtMs = deps.now();
  const reporter = createFunctionReporter(job, run, deps.now, stop.because);
  const beat = (): void => {
    reporter.beat().catch((error) => deps.log.error("function.beat_failed", error));
  };
  const heartbeat = setInterval(beat, HEARTBEAT_MS);
  const timeout = setTimeout(() => stop.because("timeout"), run.timeoutMs);
  try {
    await reporter.started();
    const ended = await work({ deps, workload, process, run, reporter, stop });
    const endedAtMs = deps.now();
    await reporter.finish({
      ...ended,
      atMs: endedAtMs,
      signal: null,
      cpuSeconds: 0,
      memoryPeakBytes: 0,
      wallTimeMs: endedAtMs - startedAtMs,
      truncated: { stdout: false, stderr: false },
      outputsDropped: 0,
      // A function is the deployer's own code, inside the Worker.
      isolation: 0,
      accounting: "none",
      signature: null,
    });
  } finally {
    clearInterval(heartbeat);
    clearTimeout(timeout);
  }
};

/**
 * Runs a workload's function under the attempt that it was given, with heartbeats, and reports its end.
 * Where this consumer dies the lease runs out, and the job is queued again.
 */
export const runFunction = async (
  deps: Deps,
  workloads: readonly Workload[],
  job: JobHandle,
  run: FunctionRun,
): Promise<void> => {
  const workload = workloads.find(({ path }) => path === run.name);
  if (workload?.process.kind !== "function") {
    return job.failAttempt(run.attemptId, "The service no longer has what processes this job");
  }
  await execute(deps, job, run, workload, workload.process);
};
