import type { AttemptRequest } from "../../wire/attempt.ts";
import type { CaseResult } from "../../wire/judging.ts";
import type { AttemptEvent, OutputFile, ReportedUsage } from "../../wire/report.ts";
import type { LogRecord } from "../job/log-book.ts";
import type { NewJob } from "../job/new-job.ts";
import type { Holder, InputFile, JobSnapshot, ProgramTask, StoredBytes } from "../job/record.ts";
import type { PoolEntry } from "../pool/types.ts";
import type { Subscription } from "../webhooks/endpoint.ts";

export type ReportOutcome =
  | { readonly kind: "accepted"; readonly acknowledged: number; readonly cancel: boolean }
  | { readonly kind: "gap"; readonly expected: number }
  | { readonly kind: "unauthorized" }
  | { readonly kind: "stale" };

/** A workload's function to be run here, in the queue consumer, under an attempt. */
export type FunctionRun = {
  readonly attemptId: string;
  /** What the consumer reports with, as an executor does with its token. */
  readonly tokenHash: string;
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly files: readonly InputFile[];
  readonly timeoutMs: number;
};

export type OfferOutcome =
  | { readonly kind: "offer"; readonly attempt: AttemptRequest }
  /** An attempt holds the job under a lease that lives. */
  | { readonly kind: "held" }
  /** The job has ended, waits for something else, or is not there. */
  | { readonly kind: "gone" };

/** What a report is made with; `token` is null where the service reports on its own function. */
export type AttemptBearer = { readonly token: string | null; readonly tokenHash: string };

/** What proves that an executor's key sent a report: its signature, and what it was made over. */
export type ReportProof = { readonly signature: string; readonly bodySha256: string };

/** A case's result as the job's object keeps it; its output is bytes. */
export type StoredCase = Omit<CaseResult, "stdout" | "stderr"> & {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
};

export type UploadCheck =
  | { readonly kind: "unknown" }
  | { readonly kind: "waiting"; readonly missing: readonly string[] }
  /** The job waits for no upload: it has started now or before, or has ended. */
  | { readonly kind: "not_awaited" };

/** A program with all that it was given, for a run of the same. */
export type Repeatable = {
  readonly owner: string | null;
  readonly task: ProgramTask;
  /** Who hears of its end. */
  readonly webhooks: readonly Subscription[];
};

export type LogPage = {
  readonly snapshot: JobSnapshot;
  readonly records: readonly LogRecord[];
  /** Pass as `after` for the next page. */
  readonly next: number;
  /** Whether more is stored behind this page. */
  readonly more: boolean;
  readonly truncated: boolean;
};

/** A job on its way again, or why it is not. */
export type RedriveOutcome =
  | { readonly kind: "redriven" }
  | { readonly kind: "refused"; readonly message: string };

/** A job with what only its operator is shown. */
export type JobInspection = {
  readonly snapshot: JobSnapshot;
  /** The one under way; `instance` is null where the service runs it itself. */
  readonly attempt: {
    readonly number: number;
    readonly instance: string | null;
    readonly startedAtMs: number;
    readonly lastEvent: number;
    readonly leaseUntilMs: number;
    readonly cpuSeconds: number;
  } | null;
  /** How often in a row something that follows from the job's changes failed; it is tried again at `wakesAtMs`. */
  readonly failedEffects: number;
  readonly wakesAtMs: number | null;
};

/** How a socket shows the log: text alone, text with bracketed control lines, or typed JSON frames. */
/**
 * What a socket is sent: log text, text with control lines in brackets, the same with the program's own brackets at
 * the start of a line escaped, or JSON.
 */
export type StreamMode = "text" | "lines" | "escaped" | "typed";

/** One job's object, seen from outside. Methods answer null when there is no such job. */
export type JobHandle = {
  readonly objectId: string;
  /** Takes a job whose slot is taken; asked again it answers with the job that is there. */
  create(job: NewJob): Promise<JobSnapshot>;
  snapshot(): Promise<JobSnapshot | null>;
  /**
   * The job when it has ended, or as it is after this time; pushed by the job's object, not polled. While
   * it waits for uploads, they are looked for.
   */
  waitForEnd(timeoutMs: number): Promise<JobSnapshot | null>;
  /** Records behind `after`, up to `maxBytes` of text; null starts at the newest attempt's first. */
  logs(after: number | null, maxBytes: number, maxRecords?: number): Promise<LogPage | null>;
  /** Results of the newest attempt's cases with an index of `from` or more, at most `limit`, in order. */
  cases(from: number, limit: number): Promise<readonly StoredCase[] | null>;
  /** What the door that the job came by keeps of the request; null where it came by none. */
  doorData(): Promise<StoredBytes | null>;
  /** The run as it was given, its stored bytes included; null where its inputs are not kept. */
  repeatable(): Promise<Repeatable | null>;
  /** The end of the newest attempt's log as text, at most so many bytes of UTF-8. */
  logTail(maxBytes: number): Promise<string | null>;
  /** Answers when the program is dead, or after a short wait. */
  cancel(): Promise<JobSnapshot | null>;
  /** The job for a download of all its files: there for a while longer than for anything else. */
  forDownload(): Promise<JobSnapshot | null>;
  /** All its files were sent: nothing but that can be asked for again, and soon the job is deleted. */
  noteDownloaded(): Promise<void>;
  /** Answers 101 with the socket; an unknown job's socket says so and closes with 4404; 429 where too many watch. */
  stream(after: string | null, mode: StreamMode, shownId: string, keyId?: string): Promise<Response>;
  /** An attempt for one executor to claim; writes nothing. */
  offer(holder: Holder): Promise<OfferOutcome>;
  /** The attempt of an earlier offer; null for who does not bear its token. */
  offered(attemptId: string, bearer: AttemptBearer): Promise<AttemptRequest | null>;
  /** What the pool is to know of the job; null while it waits for no executor. */
  poolEntry(): Promise<PoolEntry | null>;
  /** The pool tells the job's place; false where nobody wants to hear it any more. */
  queuePosition(position: number): Promise<boolean>;
  /** Ends a job that no executor would take. */
  giveUp(message: string): Promise<void>;
  /** Starts the attempt of a function; null where there is none to start. */
  startFunction(): Promise<FunctionRun | null>;
  /** Loses an attempt that cannot go on: the job fails after its last one. */
  failAttempt(attemptId: string, message: string): Promise<void>;
  /** `usage` is what the attempt has used so far; null where that was not said. */
  report(
    attemptId: string,
    bearer: AttemptBearer,
    events: readonly AttemptEvent[],
    proof: ReportProof | null,
    usage?: ReportedUsage | null,
  ): Promise<ReportOutcome>;
  /** Presigned PUT URLs for an attempt's outputs, in order; null when it holds the job no more. */
  grantUploads(
    attemptId: string,
    bearer: AttemptBearer,
    files: readonly OutputFile[],
  ): Promise<string[] | null>;
  /** Whether an attempt may open its program's socket; one that has not reported yet claims the job by it. */
  mayInteract(attemptId: string, bearer: AttemptBearer): Promise<boolean>;
  /** Answers 101 with one side's socket of an interactive job; 409 where that side is taken, or it is over. */
  session(side: "client" | "program"): Promise<Response>;
  /**
   * Looks whether the uploads are there, and starts the job if they are; `missing` names what is not.
   * `isPolled` looks at most once a second.
   */
  checkUploads(isPolled: boolean): Promise<UploadCheck>;
  /** Queues the job anew, if it waits or the service failed it; null when there is no job. */
  redrive(): Promise<RedriveOutcome | null>;
  /** Writes the job's row again; false when there is no job. */
  rebuild(): Promise<boolean>;
  inspect(): Promise<JobInspection | null>;
  /** Lets overdue deadlines take effect now; false when there is no job. */
  catchUp(): Promise<boolean>;
  /** Deletes the job and all that it owns. */
  remove(): Promise<void>;
};

export type JobObjects = {
  byId(jobId: string): JobHandle;
  /** Null when the text is no id of this namespace. */
  byObjectId(objectId: string): JobHandle | null;
  /** The stream of a job whose id no job can have: as an unknown job's, and no object is asked. */
  unknownStream(mode: StreamMode, shownId: string): Response;
};
