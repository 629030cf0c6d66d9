import { z } from "zod";
import type { Deps } from "../deps/types.ts";
import { bucketKeys } from "../domain/keys.ts";

const RETRY_SECONDS = 5;

/** What R2 puts into a queue when an object changes; a deletion has neither size nor ETag. */
const bucketEvent = z.object({
  account: z.string(),
  action: z.string(),
  bucket: z.string(),
  object: z.object({ key: z.string(), size: z.int().optional(), eTag: z.string().optional() }),
  eventTime: z.string(),
});

const STORED = new Set(["PutObject", "CopyObject", "CompleteMultipartUpload"]);

/** Id of the job object whose upload the event tells of; null for everything else that happens in a bucket. */
const uploadOwnerOf = (deps: Deps, body: unknown): string | null => {
  const event = bucketEvent.safeParse(body);
  if (!event.success || event.data.bucket !== deps.bucketName) return null;
  return STORED.has(event.data.action) ? bucketKeys.uploadOwner(event.data.object.key) : null;
};

const handle = async (deps: Deps, message: Message<unknown>): Promise<void> => {
  const owner = uploadOwnerOf(deps, message.body);
  try {
    const job = owner === null ? null : deps.jobs.byObjectId(owner);
    await job?.checkUploads(false);
    message.ack();
  } catch (error) {
    deps.log.error("bucket_event.failed", error);
    message.retry({ delaySeconds: RETRY_SECONDS });
  }
};

/**
 * Takes the bucket's notifications. An event only makes its job look into the bucket, so one that comes
 * twice, late, or for something else changes nothing.
 */
export const consumeBucketEvents = async (
  deps: Deps,
  messages: readonly Message<unknown>[],
): Promise<void> => {
  await Promise.all(messages.map((message) => handle(deps, message)));
};
