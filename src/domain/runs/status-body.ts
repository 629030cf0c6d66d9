import { selectorOf } from "../../wire/output-patterns.ts";
import type { OutputFile } from "../../wire/report.ts";
import type { WebhookDelivery } from "../../wire/webhook-delivery.ts";
import type { JobSnapshot, Result } from "../job/record.ts";
import { isTerminal } from "../job/state.ts";
import { compileFields } from "../judging/marks.ts";
import { statusWord } from "../status-words.ts";
import { fileCategory } from "./output-kinds.ts";

const MIB = 1_048_576;

const twoDecimals = (value: number): number => Math.round(value * 100) / 100;
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A run's task is always a program. */
const programOf = ({ task }: JobSnapshot): Extract<JobSnapshot["task"], { kind: "program" }> => {
  if (task.kind !== "program") throw new Error("a run has no program");
  return task;
};

const outputsBy = (isSelected: (path: string) => boolean, outputs: readonly OutputFile[]) =>
  outputs.filter(({ path }) => isSelected(path));

/** The outputs that the manifest's patterns select; all of them can be downloaded all the same. */
export const selectedOutputs = (snapshot: JobSnapshot): readonly OutputFile[] =>
  outputsBy(selectorOf(programOf(snapshot).outputPatterns), snapshot.result?.outputs ?? []);

const outputEntry = (file: OutputFile) => ({
  path: file.path,
  size_bytes: file.sizeBytes,
  sha256_hash: file.sha256,
  sha256: file.sha256,
  type: "file",
  category: fileCategory(file.path),
});

/** Where older clients look for the figures. */
const figures = (result: Result | null) => {
  const cpuSeconds = twoDecimals(result?.cpuSeconds ?? 0);
  const memoryBytes = result?.memoryPeakBytes ?? 0;
  const seconds = (result?.wallTimeMs ?? 0) / 1_000;
  const memoryMb = Math.floor(memoryBytes / MIB);
  return {
    metrics: {
      cpu_seconds: cpuSeconds,
      memory_mb: memoryMb,
      runtime: seconds,
      cpuSeconds,
      memoryMB: memoryMb,
    },
    cpu_seconds: cpuSeconds,
    memory_bytes: memoryBytes,
    wall_time: seconds,
  };
};

const executionMetadata = (snapshot: JobSnapshot) => {
  const { result } = snapshot;
  const task = programOf(snapshot);
  return {
    cpu_seconds: twoDecimals(result?.cpuSeconds ?? 0),
    memory_peak_bytes: result?.memoryPeakBytes ?? 0,
    memory_peak_mb: Math.floor((result?.memoryPeakBytes ?? 0) / MIB),
    wall_time_ms: result?.wallTimeMs ?? 0,
    exit_code: result === null ? 0 : (result.exitCode ?? -1),
    environment: task.asked.environment,
    interpreter: task.asked.interpreter,
    termination_reason: result?.reason ?? null,
    signal: result?.signal ?? null,
    isolation: result?.isolation ?? null,
  };
};

/** What a run in a language has beside the others: its compile step, and its verdict where it was judged. */
const judgedPart = (snapshot: JobSnapshot) => {
  const { language, caseRules } = programOf(snapshot);
  if (language === undefined) return {};
  const { compiled, result } = snapshot;
  return {
    language: { id: language.id, version: language.version },
    compile: compiled === undefined ? null : { ...compileFields(compiled), output: compiled.output },
    ...(caseRules === null && result?.judged === undefined
      ? {}
      : {
          verdict: result === null ? null : (result.judged?.verdict ?? "internal_error"),
          ...(caseRules === null ? {} : { cases_stopped_by: result?.judged?.stoppedBy ?? null }),
        }),
  };
};

/**
 * Body of `GET /status/{id}`: the superset of the reference's fields and its documents'. It has no member
 * `error`, which a shipped client takes for a failure.
 */
export const statusBody = (
  snapshot: JobSnapshot,
  queuePosition: number,
  webhooks: readonly WebhookDelivery[] = [],
) => {
  const { result } = snapshot;
  const task = programOf(snapshot);
  return {
    job_id: snapshot.id,
    status: statusWord("runs", snapshot.state),
    queue_position: queuePosition,
    exit_code: result?.exitCode ?? null,
    termination_reason: result?.reason ?? null,
    reason_message: result?.message ?? null,
    truncated: result?.truncated ?? false,
    cancel_requested: snapshot.cancelRequested && !isTerminal(snapshot.state),
    attempts: snapshot.attemptsMade,
    created_at: isoOrNull(snapshot.createdAtMs),
    started_at: isoOrNull(snapshot.startedAtMs),
    finished_at: isoOrNull(snapshot.finishedAtMs),
    execution_metadata: executionMetadata(snapshot),
    ...figures(result),
    limits: {
      timeout: task.limits.timeoutMs / 1_000,
      memory_mb: task.limits.memoryBytes / MIB,
      cpu_seconds: task.limits.cpuMs / 1_000,
      workspace_mb: task.limits.workspaceBytes / MIB,
      output_bytes: task.limits.outputBytesPerStream,
    },
    job_hash: task.jobHash,
    ...judgedPart(snapshot),
    output_files: Object.fromEntries(selectedOutputs(snapshot).map((file) => [file.path, outputEntry(file)])),
    outputs_dropped: result?.outputsDropped ?? 0,
    ...(result?.dropped === undefined ? {} : { dropped_outputs: [...result.dropped] }),
    worker_metadata: {
      worker_id: result?.signature?.workerId ?? null,
      signature: result?.signature?.signature ?? null,
      signed_payload: result?.signature?.signedPayload ?? null,
    },
    ...(webhooks.length === 0 ? {} : { webhooks }),
  };
};
