import { endJob, withoutRun } from "./endings.ts";
import { changed, type InputFile, type JobRecord } from "./record.ts";
import { nextCheckMs } from "./upload-checks.ts";

/** Queues a job whose parts are all there. */
export const beginProcessing = (record: JobRecord, files: readonly InputFile[], now: number): JobRecord =>
  changed(record, now, {
    state: "queued",
    upload: null,
    task: { ...record.task, files },
    dispatchedAtMs: now,
    queueDeadlineMs: now + (record.queueDeadlineMs - record.createdAtMs),
  });

/** Ends a job whose uploaded parts cannot be used; `message` says which and why. */
export const refuseUpload = (record: JobRecord, message: string, now: number): JobRecord =>
  endJob(record, withoutRun("bad_input", message), now);

/** Puts the next look at the bucket where the schedule wants it; not a change that a client can see. */
export const uploadChecked = (record: JobRecord, now: number): JobRecord =>
  record.upload === null
    ? record
    : { ...record, upload: { ...record.upload, checkAtMs: nextCheckMs(record.createdAtMs, now) } };

/** Whether what was uploaded cannot be used: it goes at once . */
export const leavesUselessUploads = (record: JobRecord): boolean =>
  record.result?.reason === "bad_input" || record.state === "expired";

/** Whether a job waited for uploads and no longer does: what they come to is known. */
export const isUploadKnown = ({ face, upload }: JobRecord): boolean =>
  face === "workloads" && upload === null;

/** What a job's uploads came to; nothing where they never came, or were of no use. */
export const uploadedBytes = ({ task }: JobRecord): number =>
  task.files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
