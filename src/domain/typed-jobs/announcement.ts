import type { JobEnded } from "../ports/webhooks.ts";
import type { WebhookEventType } from "../webhooks/event.ts";
import type { JobStatus, TypedJob } from "./job.ts";
import { jobView, readJob } from "./view.ts";

const EVENTS: Partial<Record<JobStatus, WebhookEventType>> = {
  completed: "job.succeeded",
  error: "job.failed",
  cancelled: "job.cancelled",
};

/** The event of a status; null where the job has not ended. */
export const webhookEventOf = (status: JobStatus): WebhookEventType | null => EVENTS[status] ?? null;

/**
 * What a job's receivers are told: the job with its eleven keys, and `revision`. Null while it has not ended, and where
 * nobody wants to hear. Each end is an event of its own, numbered by `revision`.
 */
export const announcementOf = (job: TypedJob, zone: string): JobEnded | null => {
  const type = webhookEventOf(job.status);
  if (type === null || !job.webhooks.some(({ events }) => events.includes(type))) return null;
  const atMs = job.completedAtMs ?? job.updatedAtMs;
  const { revision } = job;
  return { objectId: job.id, type, atMs, revision, data: { ...jobView(readJob(job), zone), revision } };
};
