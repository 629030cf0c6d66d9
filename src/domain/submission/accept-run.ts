import { INLINE_BYTES } from "../../wire/limits.ts";
import type { JobSnapshot, StoredBytes, Task } from "../job/record.ts";
import { bucketKeys } from "../keys.ts";
import type { JobHandle } from "../ports.ts";
import { jobHash } from "../runs/job-hash.ts";
import { refuseEnvironment } from "../runs/manifest.ts";
import type { ResolvedRun } from "../runs/types.ts";
import { createInputsSink, type InputsSink } from "./inputs-sink.ts";
import { createReservation, OverQuota, type Reservation } from "./reservation.ts";
import type { SourceOutcome, SubmissionSource } from "./source.ts";
import { taskOf } from "./task.ts";
import type { SubmissionDeps, SubmissionOutcome } from "./types.ts";

type Admission = {
  readonly deps: SubmissionDeps;
  readonly clientKey: string;
  readonly id: string;
  readonly job: JobHandle;
  readonly sink: InputsSink;
  readonly reservation: Reservation;
  /** Set once the job may exist: what it owns is then no longer ours to take back. */
  isHandedOver: boolean;
};

const checkEnvironment = async (
  deps: SubmissionDeps,
  environment: string,
): Promise<Exclude<SubmissionOutcome, { kind: "accepted" | "over_quota" }> | null> => {
  if (environment === "" || environment === "default") return null;
  const known = await deps.executor.environments();
  if (known === null) return { kind: "no_executor" };
  const refused = refuseEnvironment(
    environment,
    known.map((one) => one.name),
  );
  return refused === null ? null : { kind: "bad_fields", errors: refused.errors };
};

/** Small bytes go into the job object with the record, larger ones into the bucket. */
const store = async (deps: SubmissionDeps, key: string, bytes: Uint8Array): Promise<StoredBytes> => {
  if (bytes.length <= INLINE_BYTES) return { kind: "inline", bytes };
  await deps.bucket.put(key, bytes);
  return { kind: "object", key, sizeBytes: bytes.length };
};

const hashOf = async (
  { deps, sink }: Admission,
  run: ResolvedRun,
  source: Extract<SourceOutcome, { kind: "ok" }>,
) => {
  const entry = source.entries.find((candidate) => candidate.path === run.tarPath);
  if (entry === undefined) throw new Error("the entrypoint is not among the entries");
  const content = await sink.read(entry.contentOffset, entry.sizeBytes);
  return jobHash(run.manifest, content, deps.sha256());
};

/** Creating twice gives one job, so a call whose answer was lost is simply made again. */
const create = async ({ deps, clientKey, id, job }: Admission, task: Task): Promise<JobSnapshot> => {
  const request = {
    id,
    face: "runs" as const,
    clientKey,
    task,
    queueWaitMs: deps.runQueueWaitMs,
    retentionMs: deps.runRetentionMs,
  };
  try {
    return await job.create(request);
  } catch {
    return job.create(request);
  }
};

const admit = async (admission: Admission, source: SubmissionSource): Promise<SubmissionOutcome> => {
  const { deps, job, sink, reservation } = admission;
  const read = await source(sink);
  if (read.kind !== "ok") return read;
  const { manifest } = read.run;
  const badEnvironment = await checkEnvironment(deps, manifest.environment);
  if (badEnvironment !== null) return badEnvironment;
  const hash = await hashOf(admission, read.run, read);
  const usage = await reservation.take();
  const whole = sink.whole();
  const inputsKey = bucketKeys.inputs(job.objectId);
  const inputs: StoredBytes =
    whole === null
      ? { kind: "object", key: inputsKey, sizeBytes: read.tarBytes }
      : await store(deps, inputsKey, whole);
  const stdin = read.stdin === null ? null : await store(deps, bucketKeys.stdin(job.objectId), read.stdin);
  admission.isHandedOver = true;
  const snapshot = await create(admission, taskOf(read.run, inputs, stdin, hash));
  return { kind: "accepted", snapshot, usage };
};

/** Nothing is stored before the slot is taken, so without a slot there is nothing to delete. */
const takeBack = async ({ deps, job, sink, reservation }: Admission): Promise<void> => {
  if (!reservation.isTaken()) return;
  await sink.discard();
  await deps.bucket.removeAll(bucketKeys.prefix(job.objectId));
  await reservation.release();
};

/**
 * Turns a submission into a queued run. What is refused leaves nothing behind: no slot, no charge, no
 * byte (contract runs.md 0.9). The slot is taken once the submission is known to be good, or before
 * the first byte of a large one goes into the bucket.
 */
export const acceptRun = async (
  deps: SubmissionDeps,
  clientKey: string,
  source: SubmissionSource,
): Promise<SubmissionOutcome> => {
  const id = deps.ids.runId();
  const job = deps.jobs.byId(id);
  const reservation = createReservation(deps.quotas, clientKey, job.objectId);
  const sink = createInputsSink(deps.bucket, bucketKeys.inputs(job.objectId), async () => {
    await reservation.take();
  });
  const admission = { deps, clientKey, id, job, sink, reservation, isHandedOver: false };
  try {
    return await admit(admission, source);
  } catch (error) {
    if (error instanceof OverQuota) return { kind: "over_quota", usage: error.usage };
    throw error;
  } finally {
    if (!admission.isHandedOver) await takeBack(admission);
  }
};
