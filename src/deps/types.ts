import type { Bucket } from "../domain/ports/bucket.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { DispatchQueue } from "../domain/ports/dispatch-queue.ts";
import type { Executor } from "../domain/ports/executor.ts";
import type { IdempotencyKeys } from "../domain/ports/idempotency-keys.ts";
import type { Ids } from "../domain/ports/ids.ts";
import type { JobRows } from "../domain/ports/job-rows.ts";
import type { Logger } from "../domain/ports/logger.ts";
import type { Presigner } from "../domain/ports/presigner.ts";
import type { Quotas } from "../domain/ports/quotas.ts";
import type { WebhookSender } from "../domain/ports/webhook-sender.ts";
import type { ClientWebhooks, Webhooks } from "../domain/ports/webhooks.ts";
import type { WorkloadRows } from "../domain/ports/workload-rows.ts";
import type { QuotaRules } from "../domain/quota/quota.ts";
import type { SubmissionDeps } from "../domain/submission/types.ts";
import type { TypedJobObjects, TypedJobRows } from "../domain/typed-jobs/ports.ts";
import type { Subscription, WebhookEndpoint } from "../domain/webhooks/endpoint.ts";
import type { WorkloadSettings } from "../domain/workloads/new-job.ts";

/** What a job object acts through. */
export type JobDeps = {
  readonly now: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly rows: JobRows;
  readonly quotas: Quotas;
  readonly dispatchQueue: DispatchQueue;
  readonly executor: Executor;
  readonly bucket: Bucket;
  readonly presigner: Presigner;
  readonly publicUrl: string;
  /** Whose a job is, as a hash that tells nobody who that is. */
  readonly turnOf: (client: string) => Promise<string>;
  readonly webhooks: Webhooks;
};

export type QuotaDeps = {
  readonly clock: Clock;
  readonly rules: QuotaRules;
  /** A slot whose job nobody settles is free again after this. */
  readonly slotLeaseMs: number;
};

export type ContainerDeps = {
  readonly now: Clock;
  readonly log: Logger;
  /** Environment of the executor's process inside the container. */
  readonly containerEnv: Record<string, string>;
};

/** What the faces and the queue consumers act through. */
export type Deps = JobDeps &
  SubmissionDeps & {
    readonly assets: Assets;
    readonly quotaRules: QuotaRules;
    readonly idempotencyKeys: IdempotencyKeys;
    readonly clientWebhooks: ClientWebhooks;
    readonly workloadRows: WorkloadRows;
    readonly workloadSettings: WorkloadSettings;
    /** Keys that the workload routes want; none lets everybody in. */
    readonly apiKeys: readonly string[];
    readonly bucketName: string;
    /** Where presigned uploads go, for the pages that make them. */
    readonly uploadOrigin: string;
  };

type Assets = { fetch(request: Request): Promise<Response> };

/** What the typed jobs act through, in a service of their own as well. */
export type TypedJobDeps = {
  readonly now: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly rows: TypedJobRows;
  readonly objects: TypedJobObjects;
  /** The queue of a binding's name; throws when there is no such binding. */
  readonly queue: (binding: string) => { send(message: string): Promise<void> };
  /** Time zone that answers label instants with. */
  readonly zone: string;
  readonly credentials: { readonly username: string | undefined; readonly password: string | undefined };
  /** Files of the description page; null without the binding ASSETS. */
  readonly assets: Assets | null;
  /** Throws when there is no binding WEBHOOK_OBJECT. */
  readonly webhooks: () => Webhooks;
  /** The endpoints as jobs keep them; throws about those that cannot work. */
  readonly webhookSubscriptions: (endpoints: readonly WebhookEndpoint[]) => readonly Subscription[];
};

/** What a delivery's object acts through. */
export type WebhookDeps = {
  readonly now: Clock;
  readonly log: Logger;
  /** From [0, 1); spreads the attempts. */
  readonly random: () => number;
  readonly send: WebhookSender;
};
