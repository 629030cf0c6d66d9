import type { JobState } from "../job/state.ts";

/** What is told of a job: how it ended. */
export const WEBHOOK_EVENTS = ["job.succeeded", "job.failed", "job.cancelled", "job.expired"] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

/** The event of a state; null while the job has not ended. */
export const eventOf = (state: JobState): WebhookEventType | null =>
  WEBHOOK_EVENTS.find((event) => event === `job.${state}`) ?? null;

/**
 * The raw body that is stored, signed and sent at every attempt: `{type, timestamp, data}`, the time of
 * the event as ISO 8601 in UTC, the job as its own face shows it. It must hold no presigned URL.
 */
export const webhookBody = (type: WebhookEventType, atMs: number, data: unknown): string =>
  JSON.stringify({ type, timestamp: new Date(atMs).toISOString(), data });
