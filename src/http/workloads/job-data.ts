import type { Deps } from "../../deps/types.ts";
import type { JobSnapshot, UploadPart, UploadPlan } from "../../domain/job/record.ts";
import { bucketKeys } from "../../domain/keys.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { deliveriesOf } from "../../domain/webhooks/deliveries.ts";
import {
  LOG_TAIL_BYTES,
  outputFacts,
  type ShownOutput,
  shownOutputs,
  workloadData,
} from "../../domain/workloads/view.ts";

const OUTPUT_URL_SECONDS = 3_600;

/** A declared output's name is a plain one, so it needs no escaping. */
const outputEntry = async (deps: Deps, attemptId: string, output: ShownOutput) => {
  const { name, contentType, index } = output;
  const key = bucketKeys.output(attemptId, index);
  const expiresAt = deps.now() + OUTPUT_URL_SECONDS * 1_000;
  const answer = { contentType, contentDisposition: `attachment; filename="${name}"` };
  const url = await deps.presigner.get(key, OUTPUT_URL_SECONDS, answer);
  return { ...outputFacts(output), url, expires_at: expiresAt };
};

const outputsOf = async (deps: Deps, snapshot: JobSnapshot) => {
  const attemptId = snapshot.result?.attemptId ?? null;
  if (attemptId === null) return {};
  const outputs = await Promise.all(
    shownOutputs(snapshot).map((output) => outputEntry(deps, attemptId, output)),
  );
  return outputs.length === 0 ? {} : { url: outputs[0]?.url, outputs };
};

const logTailOf = async (job: JobHandle, { state, attemptsMade }: JobSnapshot) => {
  const tail = state === "failed" && attemptsMade > 0 ? await job.logTail(LOG_TAIL_BYTES) : null;
  return tail === null || tail === "" ? {} : { log_tail: tail };
};

/** A job with the URLs of its outputs, made for this answer; `missing` are the parts that it waits for. */
export const jobData = async (
  deps: Deps,
  job: JobHandle,
  snapshot: JobSnapshot,
  missing: readonly string[] = [],
) => {
  const webhooks = await deliveriesOf(deps.webhooks, job.objectId, snapshot);
  return {
    ...workloadData(snapshot),
    ...(missing.length === 0 ? {} : { waiting_for: missing }),
    ...(await outputsOf(deps, snapshot)),
    ...(await logTailOf(job, snapshot)),
    ...(webhooks.length === 0 ? {} : { webhooks }),
  };
};

/** What a part's PUT is to carry: what was named beforehand must come as it was. */
const headersOf = ({ contentTypes, signed }: UploadPart): Record<string, string> => ({
  "Content-Type": signed?.contentType ?? contentTypes[0] ?? "application/octet-stream",
  ...(signed?.sizeBytes === undefined ? {} : { "Content-Length": String(signed.sizeBytes) }),
});

/** Presigned PUTs that end with the job's wait; where nothing was named, any header may be sent. */
const uploadsOf = async (deps: Deps, { parts, untilMs }: UploadPlan) => {
  const seconds = Math.max(1, Math.floor((untilMs - deps.now()) / 1_000));
  return Promise.all(
    parts.map(async (part) => ({
      name: part.name,
      url: await deps.presigner.put(part.key, seconds, part.signed),
      method: "PUT" as const,
      headers: headersOf(part),
      expires_at: untilMs,
      max_bytes: part.maxBytes,
      required: part.isRequired,
    })),
  );
};

/** A job that was just created, with the URLs of its uploads; without them once it waits no more. */
export const createdData = async (deps: Deps, job: JobHandle, snapshot: JobSnapshot) => {
  const { upload } = snapshot;
  if (upload === null) return jobData(deps, job, snapshot);
  const uploads = await uploadsOf(deps, upload);
  return { ...workloadData(snapshot), url: uploads[0]?.url, uploads };
};
