import type { AttemptRequest, EnvironmentInfo, ExecutorHealth } from "../wire/attempt.ts";
import type { AttemptEvent, OutputFile } from "../wire/report.ts";
import type { WebhookDelivery } from "../wire/webhook-delivery.ts";
import type { BeginOutcome } from "./idempotency/claim.ts";
import type { NewJob } from "./job/lifecycle.ts";
import type { LogRecord } from "./job/log-book.ts";
import type { InputFile, JobSnapshot, Task } from "./job/record.ts";
import type { Face, JobState } from "./job/state.ts";
import type { UploadedObject } from "./job/upload-checks.ts";
import type { QuotaUsage } from "./quota/quota.ts";
import type { SendOutcome, Signer } from "./webhooks/delivery.ts";
import type { Subscription } from "./webhooks/endpoint.ts";
import type { WebhookEventType } from "./webhooks/event.ts";

/** Epoch milliseconds; shells read it once per event and pass the value on. */
export type Clock = () => number;

/** Writes one structured line. Ids of jobs are shortened and secrets left out by the caller. */
export type Logger = {
  info(event: string, fields?: Record<string, unknown>): void;
  error(event: string, error: unknown, fields?: Record<string, unknown>): void;
};

export type AttemptSecrets = { readonly id: string; readonly token: string; readonly tokenHash: string };

/** The only source of randomness and of one-way hashes. */
export type Ids = {
  /** `job-` and 128 random bits as 32 lower-case hex digits (contract runs.md 0.3). */
  runId(): string;
  requestId(): string;
  attempt(objectId: string): Promise<AttemptSecrets>;
  /** SHA-256 as lower-case hex. */
  hashOf(secret: string): Promise<string>;
  /** Compares two hashes in constant time. */
  isSame(one: string, other: string): boolean;
  /** A random UUID, the id of a workload job (contract workloads.md 3). */
  jobId(): string;
  /** 128 random bits as hex: what nobody guesses of an upload's key. */
  keyPart(): string;
};

/** The D1 projection of a job; `publicId` is null where the id is a secret. */
export type JobRow = {
  readonly objectId: string;
  readonly publicId: string | null;
  readonly face: Face;
  readonly state: JobState;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly finishedAtMs: number | null;
  /** What workloads are searched by; null for the other faces. */
  readonly workload: {
    readonly path: string;
    /** "" where no API key owns the job. */
    readonly owner: string;
    /** JSON */
    readonly params: string;
    readonly filesDeletedAtMs: number | null;
  } | null;
};

/** Workload jobs newest first: behind `after` where it is given, at most `limit`. */
export type WorkloadSearch = {
  readonly path: string;
  readonly owner: string;
  readonly state: JobState | null;
  /** Both inclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly after: { readonly createdAtMs: number; readonly id: string } | null;
  readonly limit: number;
};

export type WorkloadRow = {
  readonly id: string;
  readonly state: JobState;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** JSON */
  readonly params: string;
  readonly filesDeletedAtMs: number | null;
};

export type WorkloadRows = { search(query: WorkloadSearch): Promise<readonly WorkloadRow[]> };

export type QueueLoad = { readonly queued: number; readonly running: number };

export type JobRows = {
  /** Stores the row unless a newer version is there. */
  upsert(row: JobRow): Promise<void>;
  remove(objectId: string): Promise<void>;
  /** How many queued runs were created up to then, the asking one included; counting ends at 1,000. */
  queuePosition(createdAtMs: number): Promise<number>;
  load(): Promise<QueueLoad>;
  /**
   * Object ids of unfinished jobs that were created before then, oldest first; of those that still wait for
   * an upload, the ones that were created before `waitingCreatedAtMs`.
   */
  unfinishedBefore(createdAtMs: number, waitingCreatedAtMs: number, limit: number): Promise<string[]>;
};

/** What the queue carries: the job's object, and nothing that is secret. */
export type DispatchMessage = { readonly objectId: string };

export type DispatchQueue = {
  /** A function holds its consumer for as long as it runs, so functions have a queue of their own. */
  send(message: DispatchMessage, kind: Task["kind"]): Promise<void>;
};

export type StartOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "busy"; readonly retryAfterSeconds: number }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "unreachable"; readonly message: string };

/** Where programs run; one adapter speaks to a URL, the other to a container of ours. */
export type Executor = {
  start(request: AttemptRequest): Promise<StartOutcome>;
  /** Kills the attempt's program; false when no executor could be told. */
  cancel(attemptId: string): Promise<boolean>;
  /** Null when no executor answers. */
  health(): Promise<ExecutorHealth | null>;
  environments(): Promise<readonly EnvironmentInfo[] | null>;
};

export type QuotaGrant = { readonly granted: boolean; readonly usage: QuotaUsage };

export type Quotas = {
  reserve(clientKey: string, slot: string): Promise<QuotaGrant>;
  release(clientKey: string, slot: string): Promise<void>;
  settle(clientKey: string, slot: string, cpuSeconds: number): Promise<void>;
  usage(clientKey: string): Promise<QuotaUsage>;
};

/** What one client did under one `Idempotency-Key`. */
export type IdempotencyHolder = {
  /** Claims the key for making this job; a claim that nobody ended is taken over with its job. */
  begin(claimId: string, jobId: string): Promise<BeginOutcome>;
  complete(claimId: string, fingerprint: string, answer: string): Promise<void>;
  /** Forgets the claim of a request that was refused. */
  abandon(claimId: string): Promise<void>;
  /** Ends the claim of a request that may have made its job: the next one takes it over. */
  lapse(claimId: string): Promise<void>;
};

export type IdempotencyKeys = {
  /** `scope` keeps the faces and their clients apart. */
  of(scope: string, key: string): IdempotencyHolder;
};

export type StoredObject = { readonly body: ReadableStream<Uint8Array>; readonly sizeBytes: number };

/** A large object written in parts; every part but the last has the same size (R2). */
export type PartWriter = {
  write(partNumber: number, bytes: Uint8Array): Promise<void>;
  complete(): Promise<void>;
  abort(): Promise<void>;
};

export type Bucket = {
  /** What is stored under a key, without its bytes. */
  head(key: string): Promise<UploadedObject | null>;
  get(key: string, range?: { offset: number; length: number }): Promise<StoredObject | null>;
  /** The object if it still has this ETag (without quotes); null when it has another or is gone. */
  getUnchanged(key: string, etag: string): Promise<StoredObject | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  putParts(key: string): Promise<PartWriter>;
  /** Deletes everything whose key starts so. */
  removeAll(prefix: string): Promise<void>;
};

/** What the bucket says of a download instead of what is stored with the object; part of what is signed. */
export type DownloadHeaders = { readonly contentType: string; readonly contentDisposition: string };

/** Presigned URLs on the bucket's S3 endpoint (SigV4, at most 7 days). */
export type Presigner = {
  get(key: string, expiresInSeconds: number, answer?: DownloadHeaders): Promise<string>;
  put(key: string, expiresInSeconds: number): Promise<string>;
};

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

export type StartAttemptOutcome =
  | { readonly kind: "started"; readonly request: AttemptRequest }
  | { readonly kind: "function"; readonly run: FunctionRun }
  /** Nothing to start: the job runs, has ended, or is gone. */
  | { readonly kind: "idle" };

export type UploadCheck =
  | { readonly kind: "unknown" }
  | { readonly kind: "waiting"; readonly missing: readonly string[] }
  /** The job waits for no upload: it has started now or before, or has ended. */
  | { readonly kind: "settled" };

export type LogPage = {
  readonly snapshot: JobSnapshot;
  readonly records: readonly LogRecord[];
  /** Pass as `after` for the next page. */
  readonly next: number;
  /** Whether more is stored behind this page. */
  readonly more: boolean;
  readonly truncated: boolean;
};

/** How a socket shows the log: text alone, text with bracketed control lines, or typed JSON frames. */
export type StreamMode = "text" | "lines" | "typed";

/** One job's object, seen from outside. Methods answer null when there is no such job. */
export type JobHandle = {
  readonly objectId: string;
  create(job: NewJob): Promise<JobSnapshot>;
  snapshot(): Promise<JobSnapshot | null>;
  /** The job when it has ended, or as it is after this time; pushed by the job's object, not polled. */
  waitForEnd(timeoutMs: number): Promise<JobSnapshot | null>;
  /** Records behind `after`, up to `maxBytes` of text; null starts at the newest attempt's first. */
  logs(after: number | null, maxBytes: number, maxRecords?: number): Promise<LogPage | null>;
  /** The end of the newest attempt's log as text, at most so many bytes of UTF-8. */
  logTail(maxBytes: number): Promise<string | null>;
  /** Answers when the program is dead, or after a short wait. */
  cancel(): Promise<JobSnapshot | null>;
  /** Deletes the job and all that it owns. */
  remove(): Promise<void>;
  /** Answers 101 with the socket; an unknown job's socket says so and closes with 4404. */
  stream(after: string | null, mode: StreamMode, shownId: string): Promise<Response>;
  startAttempt(): Promise<StartAttemptOutcome>;
  /** Gives back an attempt that no executor took. */
  releaseAttempt(attemptId: string): Promise<void>;
  /** Ends an attempt that the executor refused for good: the job fails after its last one. */
  failAttempt(attemptId: string, message: string): Promise<void>;
  report(attemptId: string, tokenHash: string, events: readonly AttemptEvent[]): Promise<ReportOutcome>;
  /** Presigned PUT URLs for an attempt's outputs, in order; null when it holds the job no more. */
  grantUploads(attemptId: string, tokenHash: string, files: readonly OutputFile[]): Promise<string[] | null>;
  /**
   * Looks whether the uploads are there, and starts the job if they are; `missing` names what is not.
   * `isPolled` looks at most once a second.
   */
  checkUploads(isPolled: boolean): Promise<UploadCheck>;
  /** Lets overdue deadlines take effect now. */
  wake(): Promise<void>;
};

export type JobObjects = {
  byId(jobId: string): JobHandle;
  /** Null when the text is no id of this namespace. */
  byObjectId(objectId: string): JobHandle | null;
};

/** How a job ended; `data` is the job as its own face shows it, without presigned URLs. */
export type JobEnded = {
  readonly objectId: string;
  readonly type: WebhookEventType;
  readonly atMs: number;
  readonly data: unknown;
};

export type Webhooks = {
  /** Hands the event to a delivery for each subscription that wants it. Asked again it does nothing more. */
  announce(subscriptions: readonly Subscription[], event: JobEnded): Promise<void>;
  /** How far the deliveries of an event have come; one that ended a week ago is no longer known. */
  deliveriesOf(
    subscriptions: readonly Subscription[],
    objectId: string,
    type: WebhookEventType,
  ): Promise<readonly WebhookDelivery[]>;
};

export type SubscribeOutcome =
  /** `secret` is what the client checks signatures with, the same for all its jobs. */
  | { readonly kind: "accepted"; readonly subscription: Subscription; readonly secret: string }
  | { readonly kind: "refused"; readonly message: string };

/** Takes the `webhook_url` of a job; `clientKey` names the credentials that the job is made with. */
export type ClientWebhooks = { subscribe(url: string, clientKey: string): Promise<SubscribeOutcome> };

/** One attempt to send a delivery. */
export type WebhookAttempt = {
  readonly id: string;
  readonly url: string;
  readonly signer: Signer;
  readonly body: string;
};

export type WebhookSender = (attempt: WebhookAttempt, now: number) => Promise<SendOutcome>;
