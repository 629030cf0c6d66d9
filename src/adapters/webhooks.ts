import type { ClientWebhooks, JobEnded, ReplayOutcome, Webhooks } from "../domain/ports/webhooks.ts";
import type { DeliveryOrder } from "../domain/webhooks/delivery.ts";
import { ownSubscription, type Subscription } from "../domain/webhooks/endpoint.ts";
import { type WebhookEventType, webhookBody } from "../domain/webhooks/event.ts";
import { type ReceiverUrlRules, receiverUrlRefusal } from "../domain/webhooks/receiver-url.ts";
import type { WebhookDelivery } from "../wire/webhook-delivery.ts";
import { clientSecrets } from "./webhook-secrets.ts";

/** The webhook object's methods as a stub offers them. */
export type WebhookStub = {
  enqueue(order: DeliveryOrder, body: string): Promise<void>;
  view(): Promise<WebhookDelivery | null>;
  replay(): Promise<ReplayOutcome>;
};

const ID = /^msg_([0-9a-f]{64})$/;

/** The object of a delivery by its id; null for what is no id of the namespace. */
const byId = (namespace: DurableObjectNamespace, id: string): WebhookStub | null => {
  const [, objectId] = ID.exec(id) ?? [];
  if (objectId === undefined) return null;
  try {
    return namespace.get(namespace.idFromString(objectId)) as unknown as WebhookStub;
  } catch {
    // The platform refuses ids that another namespace made, or that nobody did.
    return null;
  }
};

/** The webhook objects by their binding. The name makes an event's delivery to an endpoint one object. */
export const durableWebhooks = (namespace: DurableObjectNamespace): Webhooks => {
  const of = (
    { objectId, type, revision }: Pick<JobEnded, "objectId" | "type" | "revision">,
    { url, signer }: Subscription,
  ): WebhookStub => {
    const key = signer.kind === "service" ? signer.secretName : signer.clientKey;
    const ofEnd = revision === undefined ? [] : [revision];
    const name = JSON.stringify([objectId, type, signer.kind, key, url, ...ofEnd]);
    return namespace.get(namespace.idFromName(name)) as unknown as WebhookStub;
  };
  const listeners = (subscriptions: readonly Subscription[], type: WebhookEventType) =>
    subscriptions.filter(({ events }) => events.includes(type));
  return {
    announce: async (subscriptions, event) => {
      const { type, atMs, data, trace } = event;
      const traced = trace === undefined ? {} : { trace };
      const body = webhookBody(type, atMs, data);
      await Promise.all(
        listeners(subscriptions, type).map((subscription) => {
          const { url, signer } = subscription;
          if (signer.kind === "job" && event.callback !== undefined) {
            const order = { type, url, signer, ...traced, isCallback: true as const };
            return of(event, subscription).enqueue(order, JSON.stringify(event.callback));
          }
          return of(event, subscription).enqueue({ type, url, signer, ...traced }, body);
        }),
      );
    },
    deliveriesOf: async (subscriptions, objectId, type, revision) => {
      const event = { objectId, type, ...(revision === undefined ? {} : { revision }) };
      const views = await Promise.all(
        listeners(subscriptions, type).map((subscription) => of(event, subscription).view()),
      );
      return views.filter((view) => view !== null);
    },
    replay: async (id) => (await byId(namespace, id)?.replay()) ?? "unknown",
  };
};

/** `masterSecret` is "" where clients must not name URLs of their own. */
export const clientWebhooks = (masterSecret: string, rules: ReceiverUrlRules): ClientWebhooks => ({
  refuse: (url) => receiverUrlRefusal(url, rules),
  subscribe: async (url, clientKey) => {
    const [secret] = await clientSecrets(masterSecret, clientKey);
    if (secret === undefined)
      return { kind: "refused", message: "this service sends no webhooks to clients" };
    const message = receiverUrlRefusal(url, rules);
    if (message !== null) return { kind: "refused", message };
    return { kind: "accepted", subscription: ownSubscription(url, clientKey), secret };
  },
  secretOf: async (subscriptions) => {
    const own = subscriptions.map(({ signer }) => signer).find(({ kind }) => kind === "job");
    if (own?.kind !== "job") return null;
    return (await clientSecrets(masterSecret, own.clientKey))[0] ?? null;
  },
});
