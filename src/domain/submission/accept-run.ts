import type { UploadEntry } from "../../uploads/index.ts";
import { INLINE_BYTES, INPUT_BYTES } from "../../wire/limits.ts";
import { blockOfValue } from "../access/block.ts";
import type { NewJob } from "../job/new-job.ts";
import type { DoorName, JobSnapshot, ProgramTask, StoredBytes, Task } from "../job/record.ts";
import {
  casesOf,
  type LanguageTask,
  languageOf,
  languageTaskOf,
  NO_RESTRICTIONS,
  refuseCaseSize,
} from "../judging/order.ts";
import { bucketKeys } from "../keys.ts";
import { retryAfterSeconds } from "../pool/summary.ts";
import type { JobHandle } from "../ports/job-objects.ts";
import { jobHash } from "../runs/job-hash.ts";
import { refuseEnvironment } from "../runs/manifest.ts";
import { refuseRequirements } from "../runs/requirements.ts";
import type { ResolvedRun } from "../runs/types.ts";
import type { Subscription } from "../webhooks/endpoint.ts";
import { refuseLimits, withinClass } from "./class-limits.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { createInputsSink, type InputsSink } from "./inputs-sink.ts";
import { receiversOf } from "./receivers.ts";
import { createReservation, makeJob, NotMade, OverQuota, type Reservation } from "./reservation.ts";
import type { ReadOutcome, SubmissionSource } from "./source.ts";
import { startedBy, type TaskParts, taskOf } from "./task.ts";
import type { SubmissionDeps, SubmissionOutcome } from "./types.ts";

export type SubmissionRequest = {
  /** As the header `traceparent` says it. */
  readonly trace: string;
  readonly id: string;
  /** Whose the run is; null where nobody is known. */
  readonly owner: string | null;
  readonly clientKey: string;
  readonly source: SubmissionSource;
  /** Notes what the submission consists of, where a retry must be recognized. */
  readonly fingerprint?: Fingerprint;
  /** The id is that of an earlier request, which may have made the run before it died. */
  readonly mayBeThere?: boolean;
  /** The door that the run comes by, and what it wants to read again. */
  readonly door?: { readonly name: DoorName; readonly data: Uint8Array };
};

const MIB = 1_048_576;

type Admission = {
  readonly deps: SubmissionDeps;
  readonly request: SubmissionRequest;
  readonly job: JobHandle;
  readonly sink: InputsSink;
  readonly reservation: Reservation;
  /** Set once the job may exist: what it owns is then no longer ours to take back. */
  isHandedOver: boolean;
};

type Refusal = Exclude<SubmissionOutcome, { kind: "accepted" | "over_quota" }>;

/** Why a run in this environment cannot be taken; null where it can. */
export const checkEnvironment = async (
  deps: SubmissionDeps,
  environment: string,
): Promise<Refusal | null> => {
  if (environment === "" || environment === "default") return null;
  const { environments } = await deps.pool.summary();
  const refused = refuseEnvironment(environment, environments);
  return refused === null ? null : { kind: "bad_fields", errors: refused.errors };
};

/** Why a run that wants packages cannot be taken, with where they are; null where it wants none. */
const checkRequirements = async (
  deps: SubmissionDeps,
  requirements: readonly string[],
): Promise<Refusal | null> => {
  if (requirements.length === 0) return null;
  const { environments } = await deps.pool.capabilities();
  const refused = refuseRequirements(requirements, environments);
  return refused === null ? null : { kind: "bad_fields", errors: refused.errors };
};

/** How the run's language is compiled and run; null where an interpreter is started, else why it cannot be. */
const languageTask = async (
  deps: SubmissionDeps,
  { manifest, restrictions = NO_RESTRICTIONS }: ResolvedRun,
): Promise<{ kind: "ok"; task: LanguageTask | null } | Refusal> => {
  const id = languageOf(manifest);
  if (id === null) return { kind: "ok", task: null };
  const { languages } = await deps.pool.capabilities();
  const found = languages.find((one) => one.id === id);
  if (found !== undefined)
    return { kind: "ok", task: languageTaskOf(id, found.version, manifest, restrictions) };
  const message = `${id} is known, but no executor has it; GET /runtimes lists what there is`;
  return { kind: "bad_fields", errors: [{ field: "language", message, isSentence: true }] };
};

/** Small bytes go into the job object with the record, larger ones into the bucket, and those need the slot first. */
const store = async (
  { deps, reservation }: Admission,
  key: string,
  bytes: Uint8Array,
): Promise<StoredBytes> => {
  if (bytes.length <= INLINE_BYTES) return { kind: "inline", bytes };
  await reservation.make();
  await deps.bucket.put(key, bytes);
  return { kind: "object", key, sizeBytes: bytes.length };
};

const textOf = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
};

type Read = Extract<ReadOutcome, { kind: "ok" }>;

const hashOf = async (
  { deps, sink }: Admission,
  run: ResolvedRun,
  read: Read,
): Promise<Pick<TaskParts, "jobHash" | "entrypointFile">> => {
  const entry = read.entries.find((candidate) => candidate.path === run.tarPath);
  if (entry === undefined) throw new Error("the entrypoint is not among the entries");
  // Links share the content of their file, which comes before them.
  const file = read.entries.find(({ contentOffset }) => contentOffset === entry.contentOffset) ?? entry;
  const content = await sink.read(entry.contentOffset, entry.sizeBytes);
  return {
    jobHash: await jobHash({ ...run.manifest, interpreter: startedBy(run) }, content, deps.sha256()),
    entrypointFile: file === entry ? null : file.path.split("/").slice(run.stripComponents).join("/"),
  };
};

const create = (
  { deps, request, job }: Admission,
  task: Task,
  { door, webhooks }: { door: NonNullable<NewJob["door"]> | null; webhooks: readonly Subscription[] },
): Promise<JobSnapshot> =>
  makeJob(job, {
    id: request.id,
    face: "runs" as const,
    owner: request.owner,
    clientKey: request.clientKey,
    task,
    queueWaitMs: deps.runQueueWaitMs,
    retentionMs: deps.runRetentionMs,
    webhooks,
    trace: request.trace,
    ...(door === null ? {} : { door }),
  });

const storeInputs = async (admission: Admission, read: Read): Promise<StoredBytes> => {
  const { job, sink } = admission;
  const key = bucketKeys.inputs(job.objectId);
  const whole = sink.whole();
  return whole === null ? { kind: "object", key, sizeBytes: read.tarBytes } : store(admission, key, whole);
};

const storeCases = async (
  admission: Admission,
  { cases, rules }: NonNullable<ReturnType<typeof casesOf>>,
): Promise<NonNullable<ProgramTask["cases"]>> => {
  const bytes = new TextEncoder().encode(JSON.stringify(cases));
  return { rules, stored: await store(admission, bucketKeys.cases(admission.job.objectId), bytes) };
};

const storeDoor = async (admission: Admission): Promise<NonNullable<NewJob["door"]> | null> => {
  const { door } = admission.request;
  if (door === undefined) return null;
  const data = await store(admission, bucketKeys.door(admission.job.objectId), door.data);
  return { name: door.name, data };
};

const stdinOf = ({ manifest }: ResolvedRun): Uint8Array | null =>
  manifest.stdin === null ? null : new TextEncoder().encode(manifest.stdin);

/** Whether so much waits that nothing more is taken. */
export const checkRoom = async ({ pool, poolLimits, tally }: SubmissionDeps): Promise<Refusal | null> => {
  const summary = await pool.summary();
  if (summary.waiting < poolLimits.maxWaiting) return null;
  tally("refusals", "no_room");
  return { kind: "no_room", retryAfterSeconds: retryAfterSeconds(summary) };
};

/** A run that no executor could ever hold, whatever else it holds. */
export const checkMemory = ({ poolLimits }: SubmissionDeps, memoryMb: number) => {
  const mostMb = poolLimits.maxMemoryMb - INPUT_BYTES / MIB;
  if (memoryMb <= mostMb) return null;
  const message = `must be at most ${mostMb}: no executor of this service has more`;
  return { kind: "bad_fields" as const, errors: [{ field: "memory_mb", message }] };
};

/** Why no executor of this service could run it as it is wanted; null where one can. */
const checkPlace = async (deps: SubmissionDeps, { manifest }: ResolvedRun): Promise<Refusal | null> =>
  (await checkRequirements(deps, manifest.requirements ?? [])) ??
  (await checkEnvironment(deps, manifest.environment)) ??
  checkMemory(deps, manifest.memoryMb);

const admit = async (admission: Admission): Promise<SubmissionOutcome> => {
  const { deps, request, job, sink } = admission;
  const full = await checkRoom(deps);
  if (full !== null) return full;
  const read = await request.source(async (part) => {
    await request.fingerprint?.note(part);
    await sink.emit(part);
  });
  if (read.kind !== "ok") return read;
  await sink.finish();
  const readText = async (entry: UploadEntry): Promise<string> =>
    textOf(await sink.read(entry.contentOffset, entry.sizeBytes));
  const resolved = await read.resolve(readText);
  if (resolved.kind === "refused") return { kind: "bad_fields", errors: resolved.errors };
  const limits = deps.runLimits(request.clientKey);
  const run = withinClass(limits, resolved);
  const receivers = await receiversOf(deps, request.owner, run.manifest.webhookUrl ?? null);
  if (receivers.kind !== "ok") return receivers;
  const nowhere = await checkPlace(deps, run);
  if (nowhere !== null) return nowhere;
  const language = await languageTask(deps, run);
  if (language.kind !== "ok") return language;
  const judged = casesOf(run.manifest, run.hiddenPaths ?? [], run.keep);
  const tooLarge = judged === null ? null : refuseCaseSize(judged.cases);
  if (tooLarge !== null)
    return { kind: "bad_upload", refusal: { kind: "refused", code: "too_large", message: tooLarge } };
  const overLimit = refuseLimits(limits, run.manifest);
  if (overLimit !== null) return overLimit;
  const hash = await hashOf(admission, run, read);
  const block = blockOfValue(await deps.blocks(), "job_hash", hash.jobHash, deps.now());
  if (block !== null) {
    deps.tally("refusals", "block");
    return { kind: "blocked", reason: block.reason };
  }
  const inputs = await storeInputs(admission, read);
  const given = read.stdin ?? stdinOf(run);
  const stdin = given === null ? null : await store(admission, bucketKeys.stdin(job.objectId), given);
  const cases = judged === null ? null : await storeCases(admission, judged);
  const door = await storeDoor(admission);
  const usage = await admission.reservation.take();
  admission.isHandedOver = true;
  const task = taskOf(run, {
    inputs,
    executables: read.executables,
    stdin,
    ...hash,
    language: language.task,
    cases,
  });
  const snapshot = await create(admission, task, { door, webhooks: receivers.webhooks });
  return { kind: "accepted", snapshot, usage, rest: read.rest, warnings: run.manifest.warnings };
};

/** Nothing is stored before the slot is reserved, so without a reservation there is nothing to delete. */
const takeBack = async ({ deps, request, job, sink, reservation }: Admission): Promise<void> => {
  if (!reservation.isMade()) return;
  await sink.discard();
  // A retry under the same key, made while this request took long, may have made the run.
  if (request.fingerprint !== undefined && (await job.snapshot()) !== null) return;
  await deps.bucket.removeAll(bucketKeys.prefix(job.objectId));
  await reservation.release();
};

/** The run that an earlier request had made, as if this one had; nothing is stored or charged again. */
const acceptedBefore = async (
  deps: SubmissionDeps,
  { clientKey, source, fingerprint }: SubmissionRequest,
  snapshot: JobSnapshot,
): Promise<SubmissionOutcome> => {
  const read = await source(async (part) => fingerprint?.note(part));
  if (read.kind !== "ok") return read;
  return {
    kind: "accepted",
    snapshot,
    usage: await deps.quotas.usage(clientKey),
    rest: read.rest,
    warnings: [],
  };
};

/**
 * Turns a submission into a queued run. What is refused leaves nothing behind: no slot, no charge, no
 * byte. The slot is taken before the job is made, and reserved before anything goes into the bucket.
 */
export const acceptRun = async (
  deps: SubmissionDeps,
  request: SubmissionRequest,
): Promise<SubmissionOutcome> => {
  const job = deps.jobs.byId(request.id);
  const present = request.mayBeThere ? await job.snapshot() : null;
  if (present !== null) return acceptedBefore(deps, request, present);
  const reservation = createReservation(deps, request.clientKey, job.objectId);
  const sink = createInputsSink(deps.bucket, bucketKeys.inputs(job.objectId), async () => {
    await reservation.make();
  });
  const admission: Admission = { deps, request, job, sink, reservation, isHandedOver: false };
  try {
    return await admit(admission);
  } catch (error) {
    if (error instanceof OverQuota) return { kind: "over_quota", usage: error.usage };
    if (error instanceof NotMade) admission.isHandedOver = false;
    throw error;
  } finally {
    if (!admission.isHandedOver) await takeBack(admission);
  }
};
