import type { FinishedEvent } from "../../wire/report.ts";
import {
  changed,
  type EndReason,
  type JobRecord,
  type Result,
  type StoredBytes,
  type Task,
} from "./record.ts";
import type { JobState } from "./state.ts";

const END_STATE: Record<EndReason, JobState> = {
  exit: "failed",
  timeout_wall: "failed",
  timeout_cpu: "failed",
  memory: "failed",
  output_limit: "failed",
  signal: "failed",
  compile_error: "failed",
  cancelled: "cancelled",
  infrastructure: "failed",
  expired: "expired",
  bad_input: "failed",
};

/** What an ended job's client is charged: its result's CPU time, and that of attempts that were lost. */
export const chargedCpuSeconds = ({ result, lostCpuSeconds }: JobRecord): number =>
  (result?.cpuSeconds ?? 0) + (lostCpuSeconds ?? 0);

const NOTHING: StoredBytes = { kind: "inline", bytes: new Uint8Array(0) };

/** A task without what no attempt will read again. */
export const spent = (task: Task): Task => {
  if (task.kind !== "program") return task;
  const { executables: _, ...rest } = task;
  return {
    ...rest,
    inputs: NOTHING,
    stdin: null,
    ...(task.cases === undefined ? {} : { cases: { ...task.cases, stored: NOTHING } }),
  };
};

/** A run of a key's owner can be repeated while it is there; of others no attempt will read the inputs again. */
export const keepsInputs = ({ face, owner, door }: JobRecord): boolean =>
  face === "runs" && owner !== null && door === undefined;

/** Ends a job. The inputs are dropped, unless it can be repeated, or its operator may have it run again. */
export const endJob = (record: JobRecord, result: Result, now: number): JobRecord =>
  changed(record, now, {
    state: result.reason === "exit" && result.exitCode === 0 ? "succeeded" : END_STATE[result.reason],
    finishedAtMs: now,
    attempt: null,
    upload: null,
    task: keepsInputs(record) || result.reason === "infrastructure" ? record.task : spent(record.task),
    result,
  });

/** What is left of a job that no attempt finished. */
export const withoutRun = (reason: EndReason, message: string | null): Result => ({
  reason,
  exitCode: null,
  signal: null,
  message,
  cpuSeconds: 0,
  memoryPeakBytes: 0,
  wallTimeMs: 0,
  truncated: false,
  outputs: [],
  outputsDropped: 0,
  attemptId: null,
  isolation: null,
  signature: null,
});

/** What an attempt leaves behind by its last event; `logTruncated` says that the service cut its log. */
export const resultOf = (event: FinishedEvent, attemptId: string, logTruncated: boolean): Result => ({
  reason: event.reason,
  exitCode: event.exitCode,
  signal: event.signal,
  message: event.message,
  cpuSeconds: event.cpuSeconds,
  memoryPeakBytes: event.memoryPeakBytes,
  wallTimeMs: event.wallTimeMs,
  truncated: logTruncated || event.truncated.stdout || event.truncated.stderr,
  outputs: event.outputs,
  outputsDropped: event.outputsDropped,
  ...(event.dropped === undefined ? {} : { dropped: event.dropped }),
  attemptId,
  isolation: event.isolation,
  signature: event.signature,
  ...(event.judged === undefined ? {} : { judged: event.judged }),
});
