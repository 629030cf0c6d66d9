import type { Block } from "../domain/access/block.ts";
import type { AccessSettings } from "../domain/access/caller.ts";
import type { PoolLimits } from "../domain/pool/limits.ts";
import type { TrustedKey } from "../domain/pool/trust.ts";
import type { ApiKeys } from "../domain/ports/api-keys.ts";
import type { Bucket } from "../domain/ports/bucket.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { DeliveryRows } from "../domain/ports/delivery-rows.ts";
import type { DispatchQueue } from "../domain/ports/dispatch-queue.ts";
import type { ContainerPool, ExecutorContainers } from "../domain/ports/executor-containers.ts";
import type { IdempotencyKeys } from "../domain/ports/idempotency-keys.ts";
import type { Ids } from "../domain/ports/ids.ts";
import type { JobObjects } from "../domain/ports/job-objects.ts";
import type { JobRows } from "../domain/ports/job-rows.ts";
import type { Logger } from "../domain/ports/logger.ts";
import type { Operations } from "../domain/ports/operations.ts";
import type { Pool } from "../domain/ports/pool.ts";
import type { Presigner } from "../domain/ports/presigner.ts";
import type { Quotas } from "../domain/ports/quotas.ts";
import type { RunRows } from "../domain/ports/run-rows.ts";
import type { Signatures } from "../domain/ports/signatures.ts";
import type { Tally } from "../domain/ports/tally.ts";
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
  readonly pool: Pool;
  readonly signatures: Signatures;
  readonly bucket: Bucket;
  readonly presigner: Presigner;
  /** Whose a job is, as a hash that tells nobody who that is. */
  readonly turnOf: (client: string) => Promise<string>;
  readonly webhooks: Webhooks;
  readonly tally: Tally;
  /** Whether a key, by its id, may still be used. */
  readonly isKeyGood: (keyId: string) => Promise<boolean>;
};

export type QuotaDeps = {
  readonly clock: Clock;
  /** By the name of the client's object. */
  readonly rulesFor: (clientKey: string) => QuotaRules;
  /** A slot whose job nobody settles is free again after this. */
  readonly slotLeaseMs: number;
  /** A slot of which no job says that it holds it is free again after this. */
  readonly submissionMs: number;
  /** The jobs of holders of keys may wait so long for their uploads before that. */
  readonly uploadWaitMs: number;
};

export type ContainerDeps = {
  readonly tally: Tally;
  readonly now: Clock;
  readonly log: Logger;
  readonly pool: ContainerPool;
  /** A container that holds nothing for so long is stopped. */
  readonly idleMs: number;
  /** Environment of the executor's process inside the container. */
  readonly containerEnv: Record<string, string>;
};

/** What the pool acts through. */
export type PoolDeps = {
  readonly now: Clock;
  readonly log: Logger;
  readonly jobs: JobObjects;
  readonly containers: ExecutorContainers;
  readonly maxContainers: number;
  /** A random secret. */
  readonly secret: () => string;
  readonly hashOf: (secret: string) => Promise<string>;
  /** Address that an executor fetches a large offer from. */
  readonly publicUrl: string;
};

/** What the faces and the queue consumers act through. */
export type Deps = JobDeps &
  AccessDeps &
  SubmissionDeps & {
    readonly assets: Assets;
    /** Of strangers. */
    readonly quotaRules: QuotaRules;
    readonly doors: DoorSettings;
    readonly operatorTokens: readonly string[];
    readonly operations: Operations;
    /** Whether a request of this subject may pass; null where callers are not slowed down. */
    readonly rateLimits: RateLimits | null;
    readonly typedJobs: TypedJobObjects;
    readonly idempotencyKeys: IdempotencyKeys;
    readonly clientWebhooks: ClientWebhooks;
    readonly runRows: RunRows;
    readonly deliveryRows: DeliveryRows;
    readonly workloadRows: WorkloadRows;
    readonly workloadSettings: WorkloadSettings;
    /** Keys of executors that may join, and the owner's names for them. */
    readonly trustedExecutors: () => Promise<readonly TrustedKey[]>;
    /** The public half of the key that the deployment's own containers share; null where they have none. */
    readonly containersKey: () => Promise<string | null>;
    readonly poolLimits: PoolLimits;
    readonly bucketName: string;
    /** Where presigned uploads go, for the pages that make them. */
    readonly uploadOrigin: string;
    /** The address that clients reach the service by. */
    readonly publicUrl: string;
  };

/** What the doors of other services' clients are told. */
export type DoorSettings = {
  readonly judge0: boolean;
  readonly piston: boolean;
  /** Whether callers without a key may come by a door. */
  readonly anonymous: boolean;
  readonly implicitBase64: boolean;
  /** Whether clients with a key may be called back. */
  readonly callbacks: boolean;
  readonly homepage: string;
  readonly sourceCode: string;
  readonly maintainer: string;
  readonly strictVersions: boolean;
  readonly maxTimeoutMs: number;
  readonly outputBytes: number;
};

/** What says who calls, for every face. */
export type AccessDeps = {
  readonly now: Clock;
  readonly ids: Ids;
  readonly access: AccessSettings;
  readonly apiKeys: ApiKeys;
  /** What the operator has shut out; at most 30 seconds old. */
  readonly blocks: () => Promise<readonly Block[]>;
};

type Allows = (subject: string) => Promise<boolean>;
/** Approximate and per location: they protect cost, while quotas are exact. */
export type RateLimits = { readonly changes: Allows; readonly reads: Allows };

type Assets = { fetch(request: Request): Promise<Response> };

/** What the typed jobs act through, in a service of their own as well. */
export type TypedJobDeps = AccessDeps & {
  readonly log: Logger;
  readonly rows: TypedJobRows;
  readonly objects: TypedJobObjects;
  /** Null in a service that counts nobody. */
  readonly quotas: Pick<Quotas, "count"> | null;
  readonly tally: Tally;
  /** The queue of a binding's name; throws when there is no such binding. */
  readonly queue: (binding: string) => { send(message: string): Promise<void> };
  /** Time zone that answers label instants with. */
  readonly zone: string;
  readonly credentials: {
    readonly username: string | undefined;
    readonly password: string | undefined;
    /** Taken beside it, while one follows the other. */
    readonly previousPassword: string | undefined;
  };
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
  readonly tally: Tally;
  readonly rows: DeliveryRows;
};
