import { z } from "zod";

/**
 * Why an attempt did not succeed: the answer's status, a redirect, no answer in time, no connection, no
 * secret to sign with; `unanswered` is an attempt that is under way, or was cut off.
 */
export const webhookError = z.enum([
  "status",
  "redirect",
  "timeout",
  "unreachable",
  "no_secret",
  "unanswered",
]);
export type WebhookError = z.infer<typeof webhookError>;

/** How far a webhook of a job has come, as all three faces show it in `webhooks`. */
export const webhookDelivery = z.object({
  id: z.string().meta({ description: "Sent as `webhook-id`, the same at every attempt." }),
  type: z.enum(["job.succeeded", "job.failed", "job.cancelled", "job.expired"]),
  endpoint: z
    .enum(["service", "job"])
    .meta({ description: "Whether the service or the job named the receiver." }),
  state: z.enum(["pending", "delivered", "failed", "disabled"]),
  attempts: z.int(),
  last_status: z.int().nullable(),
  last_error: webhookError.nullable(),
  next_attempt_at: z.iso.datetime().nullable(),
});
export type WebhookDelivery = z.infer<typeof webhookDelivery>;
