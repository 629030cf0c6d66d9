import type { WebhookDelivery } from "../../wire/webhook-delivery.ts";
import type { Subscription } from "../webhooks/endpoint.ts";
import type { WebhookEventType } from "../webhooks/event.ts";

/** How a job ended; `data` is the job as its own face shows it, without presigned URLs. */
export type JobEnded = {
  readonly objectId: string;
  readonly type: WebhookEventType;
  readonly atMs: number;
  /** Which of a job's ends it is, where a job may end more than once. */
  readonly revision?: number;
  readonly data: unknown;
  /** What a door's own clients are told in place of `data`, as the door shows it. */
  readonly callback?: unknown;
  /** The trace that the job was made in, as the header `traceparent` says it. */
  readonly trace?: string;
};

export type Webhooks = {
  /** Hands the event to a delivery for each subscription that wants it. Asked again it does nothing more. */
  announce(subscriptions: readonly Subscription[], event: JobEnded): Promise<void>;
  /** How far the deliveries of an event have come; one that ended a week ago is no longer known. */
  deliveriesOf(
    subscriptions: readonly Subscription[],
    objectId: string,
    type: WebhookEventType,
    revision?: number,
  ): Promise<readonly WebhookDelivery[]>;
  /** Sends a delivery once more, by the id that it is sent under, unless it has arrived. */
  replay(id: string): Promise<ReplayOutcome>;
};

/** What came of the operator's wish to send a delivery again. */
export type ReplayOutcome = "replayed" | "delivered" | "unknown";

export type SubscribeOutcome =
  /** `secret` is what the client checks signatures with, the same for all its jobs. */
  | { readonly kind: "accepted"; readonly subscription: Subscription; readonly secret: string }
  | { readonly kind: "refused"; readonly message: string };

/** Takes the `webhook_url` of a job; `clientKey` names the credentials that the job is made with. */
export type ClientWebhooks = {
  subscribe(url: string, clientKey: string): Promise<SubscribeOutcome>;
  /** What is wrong with an address; null where nothing is. */
  refuse(url: string): string | null;
  /** The secret of the `webhook_url` among them; null where there is none. */
  secretOf(subscriptions: readonly Subscription[]): Promise<string | null>;
};
