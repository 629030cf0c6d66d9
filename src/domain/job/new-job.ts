import type { DoorName, JobRecord, StoredBytes, Task, UploadPlan, WorkloadDetails } from "./record.ts";
import type { Face } from "./state.ts";
import { firstCheckMs } from "./upload-checks.ts";

export type NewJob = {
  readonly id: string;
  readonly face: Face;
  readonly owner: string | null;
  readonly clientKey: string | null;
  readonly task: Task;
  readonly queueWaitMs: number;
  readonly retentionMs: number;
  readonly retains?: JobRecord["retains"];
  readonly rowRetentionMs?: number;
  readonly workload?: WorkloadDetails;
  /** The job waits for these parts before it is queued. */
  readonly upload?: Omit<UploadPlan, "checkAtMs">;
  readonly webhooks?: JobRecord["webhooks"];
  /** The trace that the job goes on in, as the header `traceparent` says it. */
  readonly trace?: string;
  /** The door that the job came by, and what it reads again when it answers. */
  readonly door?: { readonly name: DoorName; readonly data: StoredBytes };
};

const inBucket = (task: Task): boolean =>
  task.kind === "program" &&
  [task.inputs, task.stdin, task.cases?.stored].some((stored) => stored?.kind === "object");

/** The record of a job that was just accepted; `attemptSecret` is random. */
export const newJob = (job: NewJob, attemptSecret: string, now: number): JobRecord => ({
  id: job.id,
  face: job.face,
  owner: job.owner,
  clientKey: job.clientKey,
  createdAtMs: now,
  updatedAtMs: now,
  startedAtMs: null,
  finishedAtMs: null,
  version: 1,
  state: job.upload === undefined ? "queued" : "created",
  task: job.task,
  workload: job.workload ?? null,
  upload: job.upload === undefined ? null : { ...job.upload, checkAtMs: firstCheckMs(now) },
  attempt: null,
  attemptsMade: 0,
  attemptSecret,
  dispatchedAtMs: now,
  queueDeadlineMs: now + job.queueWaitMs,
  retentionMs: job.retentionMs,
  retains: job.retains ?? "nothing",
  ...(job.rowRetentionMs === undefined ? {} : { rowRetentionMs: job.rowRetentionMs }),
  filesDeletedAtMs: null,
  cancelRequested: false,
  firstSeq: 1,
  usesBucket: job.upload !== undefined || inBucket(job.task) || job.door?.data.kind === "object",
  result: null,
  webhooks: job.webhooks ?? [],
  ...(job.door === undefined ? {} : { door: job.door.name }),
  ...(job.trace === undefined ? {} : { trace: job.trace }),
});
