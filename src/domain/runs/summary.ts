import type { EndReason, JobRecord } from "../job/record.ts";

/** What a list shows of a run beside its state and times. */
export type RunSummary = {
  readonly entrypoint: string;
  readonly interpreter: string;
  readonly environment: string;
  readonly exitCode: number | null;
  readonly reason: EndReason | null;
  readonly cpuSeconds: number;
  readonly wallTimeMs: number;
  readonly memoryPeakBytes: number;
};

/** The summary of a run that stands in its owner's list; null for every other job. */
export const runSummary = ({ face, owner, door, task, result }: JobRecord): RunSummary | null =>
  face !== "runs" || owner === null || door !== undefined || task.kind !== "program"
    ? null
    : {
        entrypoint: task.program.entrypoint,
        interpreter: task.asked.interpreter,
        environment: task.asked.environment,
        exitCode: result?.exitCode ?? null,
        reason: result?.reason ?? null,
        cpuSeconds: result?.cpuSeconds ?? 0,
        wallTimeMs: result?.wallTimeMs ?? 0,
        memoryPeakBytes: result?.memoryPeakBytes ?? 0,
      };
