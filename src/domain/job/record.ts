import type { AttemptLimits, Program } from "../../wire/attempt.ts";
import type { CaseRules, CompileResult, Judged } from "../../wire/judging.ts";
import type { DroppedOutput, FinishedEvent, OutputFile } from "../../wire/report.ts";
import type { TerminationReason } from "../../wire/vocabulary.ts";
import type { LanguageTask } from "../judging/order.ts";
import type { Subscription } from "../webhooks/endpoint.ts";
import { type JobEvent, withHistory } from "./history.ts";
import type { Face, JobState } from "./state.ts";

/** Bytes that the job owns: in the job object when they are small, in R2 when they are not. */
export type StoredBytes =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "object"; readonly key: string; readonly sizeBytes: number };

/** An uploaded file as it was when processing began; another one in its place fails the attempt. */
export type InputFile = {
  readonly name: string;
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes, as R2 and its events write it. */
  readonly etag: string;
  readonly contentType: string;
};

/** What the executor is to do, as the face that created the job decided it. */
export type ProgramTask = {
  readonly kind: "program";
  readonly program: Omit<Program, "stdin">;
  readonly stdin: StoredBytes | null;
  readonly limits: AttemptLimits;
  readonly inputs: StoredBytes;
  readonly stripComponents: 0 | 1;
  /** See `UploadAccepted.executables`. */
  readonly executables?: string;
  /** Uploaded files; each is laid into the job's folder at `inputs/<name>`. */
  readonly files: readonly InputFile[];
  readonly outputRoot: string;
  readonly outputPatterns: readonly string[];
  /** A limit of time leaves what was written before it. */
  readonly keepsOutputsOnTimeout?: true;
  readonly jobHash: string;
  /** A client reads and writes while the program runs. */
  readonly interactive?: true;
  /** The file that holds the entrypoint's bytes, where the entrypoint is a link to it. */
  readonly entrypointFile?: string;
  /** As the client wrote them, where the program has them resolved. */
  readonly asked: { readonly interpreter: string; readonly environment: string };
  /** The language that the program is written in; absent where an interpreter is started as it is. */
  readonly language?: LanguageTask;
  /** Runs that are judged, in place of one that is logged. */
  readonly cases?: { readonly rules: CaseRules; readonly stored: StoredBytes };
};

/** A workload's TypeScript function, which the queue consumer runs. */
export type FunctionTask = {
  readonly kind: "function";
  /** Path of the workload that declares it. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly files: readonly InputFile[];
};

export type Task = ProgramTask | FunctionTask;

/** A part that the client uploads to a presigned URL before the job is queued. */
export type UploadPart = {
  readonly name: string;
  readonly key: string;
  /** Media types without parameters; empty allows any. */
  readonly contentTypes: readonly string[];
  readonly maxBytes: number;
  readonly isRequired: boolean;
  /** What the client named beforehand: the part's URL takes nothing else. */
  readonly signed?: { readonly contentType?: string; readonly sizeBytes?: number };
};

export type UploadPlan = {
  readonly parts: readonly UploadPart[];
  /** The presigned URLs end here, and with them a job that is still waiting. */
  readonly untilMs: number;
  /** When the alarm looks at the bucket next. */
  readonly checkAtMs: number;
};

/** What a workload job carries beside its task. */
export type WorkloadDetails = {
  /** `workload/function/sub_function` */
  readonly path: string;
  /** What the job is shown as in `@entity`. */
  readonly entity: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The files that clients are shown, in this order; whatever else was stored stays hidden. */
  readonly outputs: readonly { readonly name: string; readonly contentType: string }[];
};

/** Why a job ended: an executor's verdict, or what only the service itself can say. */
export type EndReason = TerminationReason | "expired";

/** What a job that ended leaves behind. */
export type Result = {
  readonly reason: EndReason;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly message: string | null;
  readonly cpuSeconds: number;
  readonly memoryPeakBytes: number;
  readonly wallTimeMs: number;
  readonly truncated: boolean;
  readonly outputs: readonly OutputFile[];
  readonly outputsDropped: number;
  /** The first of them, where there are any. */
  readonly dropped?: readonly DroppedOutput[];
  /** Id of the attempt whose uploads hold the outputs; null when none finished. */
  readonly attemptId: string | null;
  readonly isolation: FinishedEvent["isolation"] | null;
  readonly signature: FinishedEvent["signature"];
  /** What cases came to, or that the compile step failed. */
  readonly judged?: Judged;
};

/** Who runs an attempt: an executor by its process and key, or nobody but this service itself. */
export type Holder = { readonly instance: string; readonly key: string };

/** One hold on the job; reports that name another attempt are refused. */
export type Attempt = {
  readonly id: string;
  readonly tokenHash: string;
  /** Null for a function, which the service runs itself. */
  readonly holder: Holder | null;
  readonly startedAtMs: number;
  /** No report until here ends the attempt. */
  readonly leaseUntilMs: number;
  /** The attempt ends here whatever it reports. */
  readonly deadlineMs: number;
  /** Highest event number taken with a record write; the log's tail may know a higher one. */
  readonly lastEvent: number;
  /** What it has used, as it last said when its lease was stored. */
  readonly cpuSeconds?: number;
};

/** Whose clients a run was made for, in their own shapes. */
export type DoorName = "judge0" | "piston";

/** Everything about a job but its logs; owned and stored by its job object, in one value. */
export type JobRecord = {
  /** The public id: for an anonymous run it is the only key to it. */
  readonly id: string;
  readonly face: Face;
  /** Whose key made the job; null where none was needed. */
  readonly owner: string | null;
  /** Name of the client's quota object; null where no quota applies. */
  readonly clientKey: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** Grows with every change that a client can see; orders the D1 projections. */
  readonly version: number;
  readonly state: JobState;
  readonly task: Task;
  readonly workload: WorkloadDetails | null;
  /** What a `created` job waits for; null once it is there. */
  readonly upload: UploadPlan | null;
  readonly attempt: Attempt | null;
  /** Numbers the attempts, which the log is kept apart by: it only grows. */
  readonly attemptsMade: number;
  /** The newest attempt's compile step. */
  readonly compiled?: CompileResult;
  /** Attempts that were lost and count towards giving the job up. */
  readonly attemptsLost?: number;
  /** The executor that the last attempt was lost with. */
  readonly lostWith?: string | null;
  /** Seals the tokens of this job's attempts; hex. */
  readonly attemptSecret: string;
  /** What attempts used whose results do not count; charged with the job's own at its end. */
  readonly lostCpuSeconds?: number;
  /** When the job was queued last; from then on it asks the pool again from time to time. */
  readonly dispatchedAtMs: number;
  /** A queued job that nothing has started by then fails. */
  readonly queueDeadlineMs: number;
  readonly retentionMs: number;
  /** What goes when the retention is over: everything, or the files alone. */
  readonly retains: "nothing" | "record";
  readonly filesDeletedAtMs: number | null;
  /** Where the record stays: how long from the job's creation. Absent in records of before, which stay as long as was usual. */
  readonly rowRetentionMs?: number;
  /** When a client had first been sent all its files: from then on only that can be asked for again. */
  readonly downloadedAtMs?: number;
  readonly cancelRequested: boolean;
  /** Sequence number of the first log record of the newest attempt. */
  readonly firstSeq: number;
  /** Whether R2 may hold something of this job. */
  readonly usesBucket: boolean;
  readonly result: Result | null;
  /** Absent where the run came by the service's own face. */
  readonly door?: DoorName;
  /** The trace that the job was made in, as the header `traceparent` says it. */
  readonly trace?: string;
  /** Who is to hear how the job ends. */
  readonly webhooks: readonly Subscription[];
  /** What became of the job, the newest last; absent where nothing did yet. */
  readonly history?: readonly JobEvent[];
  /** How often its operator had it run again after its end. */
  readonly redriven?: number;
};

/** The record after a change that a client can see; `note` says why, for its operator. */
export const changed = (
  record: JobRecord,
  now: number,
  change: Partial<JobRecord>,
  note: string | null = null,
): JobRecord =>
  withHistory(record, { ...record, ...change, version: record.version + 1, updatedAtMs: now }, now, note);

/** A record without the bytes that only an executor needs. */
export type JobSnapshot = Omit<JobRecord, "task" | "attempt" | "attemptSecret"> & {
  readonly task:
    | (Omit<ProgramTask, "inputs" | "stdin" | "cases"> & { readonly caseRules: CaseRules | null })
    | FunctionTask;
};

export const snapshotOf = (record: JobRecord): JobSnapshot => {
  const { attempt: _attempt, attemptSecret: _secret, task, ...rest } = record;
  if (task.kind === "function") return { ...rest, task };
  const { inputs: _inputs, stdin: _stdin, cases, ...visible } = task;
  return { ...rest, task: { ...visible, caseRules: cases?.rules ?? null } };
};
