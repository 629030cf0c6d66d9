import type { TypedJob } from "./job.ts";
import { asciiJson } from "./json.ts";

const epochSeconds = (instantMs: number): number => instantMs / 1_000;

/**
 * The queue's message for a job: ASCII JSON text without status and without its expiry.
 * It is written when the job is registered, so it shows neither a result nor notes.
 */
export const queueMessage = (
  job: Pick<TypedJob, "id" | "registeredAtMs" | "settings" | "requestPayload">,
): string =>
  asciiJson({
    job_id: job.id,
    registered_timestamp: epochSeconds(job.registeredAtMs),
    updated_timestamp: epochSeconds(job.registeredAtMs),
    completed_timestamp: null,
    settings: job.settings === null ? {} : JSON.parse(job.settings),
    request_payload: JSON.parse(job.requestPayload),
    response_payload: null,
    errors: null,
    warnings: null,
  });
