import { type NewJob, newJob } from "../../../src/domain/job/new-job.ts";
import type { JobRecord, ProgramTask } from "../../../src/domain/job/record.ts";
import type { FinishedEvent } from "../../../src/wire/report.ts";

export const NOW = 1_800_000_000_000;

export const aTask: ProgramTask = {
  kind: "program",
  files: [],
  program: { interpreter: "python3", entrypoint: "main.py", args: [], env: {}, environment: "default" },
  stdin: null,
  limits: {
    timeoutMs: 300_000,
    cpuMs: 10_000,
    memoryBytes: 512 * 1_048_576,
    workspaceBytes: 100 * 1_048_576,
    outputBytesPerStream: 10 * 1_048_576,
    outputFiles: 1_000,
    outputFileBytes: 100 * 1_048_576,
    outputTotalBytes: 100 * 1_048_576,
  },
  inputs: { kind: "inline", bytes: new Uint8Array(1_024) },
  stripComponents: 0,
  outputRoot: ".",
  outputPatterns: [],
  jobHash: "0".repeat(64),
  asked: { interpreter: "python3", environment: "" },
};

export const aNewJob: NewJob = {
  id: `job-${"a".repeat(32)}`,
  face: "runs",
  owner: null,
  clientKey: "192.0.2.1",
  task: aTask,
  queueWaitMs: 3_600_000,
  retentionMs: 3_600_000,
};

export const aQueuedJob = (change: Partial<JobRecord> = {}): JobRecord => ({
  ...newJob(aNewJob, "5".repeat(32), NOW),
  ...change,
});

export const aFinishedEvent = (change: Partial<FinishedEvent> = {}): FinishedEvent => ({
  n: 1,
  type: "finished",
  atMs: NOW,
  reason: "exit",
  exitCode: 0,
  signal: null,
  message: null,
  cpuSeconds: 0.25,
  memoryPeakBytes: 9_000_000,
  wallTimeMs: 40,
  truncated: { stdout: false, stderr: false },
  outputs: [],
  outputsDropped: 0,
  isolation: 1,
  accounting: "cgroup-v1",
  signature: null,
  ...change,
});
