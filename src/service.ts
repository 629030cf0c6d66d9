import { z } from "zod";
import type { WebhookEndpoint } from "./domain/webhooks/endpoint.ts";
import type { Workload } from "./domain/workloads/types.ts";
import { createApp } from "./jobs.ts";
import { sha256File } from "./workloads/files/sha256.ts";
import { taxPnl } from "./workloads/tax-pnl/tax-pnl.ts";

/** What a client asks for. This model and those below are an example: replace them by your own. */
const captionRequest = z.object({
  image_url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .meta({ examples: ["https://example.com/cat.png"] }),
  language: z.string().min(2).max(35).default("en"),
  max_captions: z.int().min(1).max(20).default(3),
});

/** What a worker submits. `result_count`, if a model has it, shows in the job and in every list. */
const captionResult = z.object({
  captions: z
    .array(z.object({ text: z.string(), confidence: z.number().min(0).max(1) }))
    .meta({ examples: [[{ text: "a cat", confidence: 0.9 }]] }),
  result_count: z.int().nonnegative().nullable().default(null),
});

/** What you may change while the service runs; each job keeps a copy of how it was. Every field has a default. */
const captionSettings = z.object({
  model: z.string().min(1).max(200).default("standard"),
  min_confidence: z.number().min(0).max(1).default(0.2),
});

/**
 * Who is told how jobs end, of every face: `{url, secretName, events}`. `secretName` names a secret of the
 * Worker, `whsec_` and the base64 of 24 to 64 random bytes.
 */
export const webhookEndpoints: readonly WebhookEndpoint[] = [];

/**
 * The typed jobs of this deployment: POST /jobs registers a job and sends it to the queue behind
 * JOBS_QUEUE, workers anywhere report with PATCH and PUT, GET /jobs lists. docs/typed-jobs.md.
 */
export const jobs = createApp(captionRequest, captionResult, captionSettings, {
  apiTitle: "Image captions",
  queue: "JOBS_QUEUE",
  webhookEndpoints,
});

/**
 * The upload-first workloads: POST /<path> makes a job and answers where to upload its inputs. These two
 * are examples, a sandboxed program and a function; `defineWorkload` says what one consists of.
 */
export const workloads: readonly Workload[] = [taxPnl, sha256File];
