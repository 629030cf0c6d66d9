import { blockOfValue } from "../access/block.ts";
import type { JobSnapshot, ProgramTask, StoredBytes } from "../job/record.ts";
import { bucketKeys } from "../keys.ts";
import type { JobHandle, Repeatable } from "../ports/job-objects.ts";
import { checkEnvironment, checkMemory, checkRoom } from "./accept-run.ts";
import { refuseLimits } from "./class-limits.ts";
import { createReservation, makeJob, NotMade, OverQuota, type Reservation } from "./reservation.ts";
import type { SubmissionDeps, SubmissionOutcome } from "./types.ts";

export type RepeatRequest = {
  /** As the header `traceparent` says it. */
  readonly trace: string;
  readonly id: string;
  /** Whose the new run is. */
  readonly owner: string;
  readonly clientKey: string;
  /** The run that is made again. */
  readonly original: Repeatable;
  /** The id is that of an earlier request, which may have made the run before it died. */
  readonly mayBeThere: boolean;
};

type Refusal = Exclude<SubmissionOutcome, { kind: "accepted" }>;

const MIB = 1_048_576;

/** A file of the original went with it while this request ran. */
class OriginalGone extends Error {}

/** Why it cannot be run any more, here and now, though it once could; null where it can. */
const refusalOf = async (deps: SubmissionDeps, task: ProgramTask): Promise<Refusal | null> => {
  const refused =
    (await checkRoom(deps)) ??
    (await checkEnvironment(deps, task.program.environment)) ??
    checkMemory(deps, task.limits.memoryBytes / MIB);
  if (refused !== null || task.language === undefined) return refused;
  const { languages } = await deps.pool.capabilities();
  const { id } = task.language;
  if (languages.some((one) => one.id === id)) return null;
  const message = `${id} is known, but no executor has it any more; GET /runtimes lists what there is`;
  return { kind: "bad_fields", errors: [{ field: "language", message, isSentence: true }] };
};

const askedBy = ({ task: { limits } }: Repeatable) => ({
  timeoutSeconds: limits.timeoutMs / 1_000,
  memoryMb: limits.memoryBytes / MIB,
  cpuSeconds: limits.cpuMs / 1_000,
});

const copyOf = async (
  deps: SubmissionDeps,
  reservation: Reservation,
  stored: StoredBytes,
  key: string,
): Promise<StoredBytes> => {
  if (stored.kind === "inline") return stored;
  await reservation.make();
  if (!(await deps.bucket.copy(stored.key, key))) throw new OriginalGone();
  return { ...stored, key };
};

const copyTask = async (
  deps: SubmissionDeps,
  reservation: Reservation,
  { task }: Repeatable,
  objectId: string,
): Promise<ProgramTask> => {
  const copy = (stored: StoredBytes, key: string) => copyOf(deps, reservation, stored, key);
  const { inputs, stdin, cases } = task;
  return {
    ...task,
    inputs: await copy(inputs, bucketKeys.inputs(objectId)),
    stdin: stdin === null ? null : await copy(stdin, bucketKeys.stdin(objectId)),
    ...(cases === undefined
      ? {}
      : { cases: { ...cases, stored: await copy(cases.stored, bucketKeys.cases(objectId)) } }),
  };
};

const create = (
  deps: SubmissionDeps,
  job: JobHandle,
  { id, owner, clientKey, original, trace }: RepeatRequest,
  task: ProgramTask,
): Promise<JobSnapshot> =>
  makeJob(job, {
    id,
    face: "runs" as const,
    owner,
    clientKey,
    task,
    queueWaitMs: deps.runQueueWaitMs,
    retentionMs: deps.runRetentionMs,
    webhooks: [
      ...deps.webhookSubscriptions,
      ...original.webhooks.filter(({ signer }) => signer.kind === "job"),
    ],
    trace,
  });

/**
 * Runs a program again, with the same files, arguments, limits, cases and receiver, as a new run. As with a submission,
 * what is refused leaves nothing behind: no slot, no charge, no byte.
 */
export const repeatRun = async (deps: SubmissionDeps, request: RepeatRequest): Promise<SubmissionOutcome> => {
  const { original, clientKey } = request;
  const job = deps.jobs.byId(request.id);
  const present: JobSnapshot | null = request.mayBeThere ? await job.snapshot() : null;
  if (present !== null) {
    const usage = await deps.quotas.usage(clientKey);
    return { kind: "accepted", snapshot: present, usage, rest: "", warnings: [] };
  }
  const refused =
    (await refusalOf(deps, original.task)) ?? refuseLimits(deps.runLimits(clientKey), askedBy(original));
  if (refused !== null) return refused;
  const block = blockOfValue(await deps.blocks(), "job_hash", original.task.jobHash, deps.now());
  if (block !== null) {
    deps.tally("refusals", "block");
    return { kind: "blocked", reason: block.reason };
  }
  const reservation = createReservation(deps, clientKey, job.objectId);
  let isHandedOver = false;
  try {
    const task = await copyTask(deps, reservation, original, job.objectId);
    const usage = await reservation.take();
    isHandedOver = true;
    const snapshot = await create(deps, job, request, task);
    return { kind: "accepted", snapshot, usage, rest: "", warnings: [] };
  } catch (error) {
    if (error instanceof OverQuota) return { kind: "over_quota", usage: error.usage };
    if (error instanceof NotMade) isHandedOver = false;
    if (!(error instanceof OriginalGone)) throw error;
    const message = "The run was deleted meanwhile, and its files with it";
    return { kind: "bad_upload", refusal: { kind: "refused", code: "no_files", message } };
  } finally {
    if (!isHandedOver && reservation.isMade()) {
      await deps.bucket.removeAll(bucketKeys.prefix(job.objectId));
      await reservation.release();
    }
  }
};
