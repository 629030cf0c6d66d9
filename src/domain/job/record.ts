import type { AttemptLimits, Program } from "../../wire/attempt.ts";
import type { FinishedEvent, OutputFile } from "../../wire/report.ts";
import type { TerminationReason } from "../../wire/vocabulary.ts";
import type { Face, JobState } from "./state.ts";

/** Bytes that the job owns: in the job object when they are small, in R2 when they are not. */
export type StoredBytes =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "object"; readonly key: string; readonly sizeBytes: number };

/** What the executor is to do, as the face that created the job decided it. */
export type Task = {
  readonly program: Omit<Program, "stdin">;
  readonly stdin: StoredBytes | null;
  readonly limits: AttemptLimits;
  readonly inputs: StoredBytes;
  readonly stripComponents: 0 | 1;
  readonly outputRoot: string;
  readonly outputPatterns: readonly string[];
  readonly jobHash: string;
  /** As the client wrote them, where the program has them resolved. */
  readonly asked: { readonly interpreter: string; readonly environment: string };
};

/** What a job that ended leaves behind. */
export type Result = {
  readonly reason: TerminationReason;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly message: string | null;
  readonly cpuSeconds: number;
  readonly memoryPeakBytes: number;
  readonly wallTimeMs: number;
  readonly truncated: boolean;
  readonly outputs: readonly OutputFile[];
  readonly outputsDropped: number;
  /** Id of the attempt whose uploads hold the outputs; null when none finished. */
  readonly attemptId: string | null;
  readonly isolation: FinishedEvent["isolation"] | null;
  readonly signature: FinishedEvent["signature"];
};

/** One executor's hold on the job; reports that name another attempt are refused. */
export type Attempt = {
  readonly id: string;
  readonly tokenHash: string;
  readonly startedAtMs: number;
  /** No report until here ends the attempt. */
  readonly leaseUntilMs: number;
  /** The attempt ends here whatever it reports. */
  readonly deadlineMs: number;
  /** Highest event number taken with a record write; the log's tail may know a higher one. */
  readonly lastEvent: number;
};

/** Everything about a job but its logs; owned and stored by its job object, in one value. */
export type JobRecord = {
  /** The public id: for an anonymous run it is the only key to it. */
  readonly id: string;
  readonly face: Face;
  /** Name of the client's quota object. */
  readonly clientKey: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** Grows with every change that a client can see; orders the D1 projections. */
  readonly version: number;
  readonly state: JobState;
  readonly task: Task;
  readonly attempt: Attempt | null;
  readonly attemptsMade: number;
  /** When the dispatch queue last did something for this job; silence makes the alarm send again. */
  readonly dispatchedAtMs: number;
  /** A queued job that nothing has started by then fails. */
  readonly queueDeadlineMs: number;
  readonly retentionMs: number;
  readonly cancelRequested: boolean;
  /** Sequence number of the first log record of the newest attempt. */
  readonly firstSeq: number;
  /** Whether R2 may hold something of this job. */
  readonly usesBucket: boolean;
  readonly result: Result | null;
};

/** A record without the bytes that only an executor needs. */
export type JobSnapshot = Omit<JobRecord, "task" | "attempt"> & {
  readonly task: Omit<Task, "inputs" | "stdin">;
};

export const snapshotOf = (record: JobRecord): JobSnapshot => {
  const { attempt: _attempt, task, ...rest } = record;
  const { inputs: _inputs, stdin: _stdin, ...visible } = task;
  return { ...rest, task: visible };
};
