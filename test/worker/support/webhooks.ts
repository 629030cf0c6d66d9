import { createExecutionContext, runDurableObjectAlarm, waitOnExecutionContext } from "cloudflare:test";
import { vi } from "vitest";
import { createService } from "../../../src/app.ts";
import { depsFor } from "../../../src/deps.ts";
import type { WebhookEndpoint } from "../../../src/domain/webhooks/endpoint.ts";
import { WEBHOOK_EVENTS } from "../../../src/domain/webhooks/event.ts";
import * as deployed from "../../../src/service.ts";
import type { WebhookDelivery } from "../../../src/wire/webhook-delivery.ts";
import type { Client } from "./client.ts";
import { moveClock } from "./clock.ts";
import { testEnv } from "./env.ts";
import { eventually } from "./eventually.ts";

export const rawEnv = testEnv as unknown as Record<string, unknown>;

export const webhookNamespace = rawEnv.WEBHOOK_OBJECT as DurableObjectNamespace;

/** Secrets of the tests' Worker (vitest.config.ts), by their names. */
export const secretOf = (name: string): string => String(rawEnv[name]);

export const endpoint = (url: string, change: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  url,
  secretName: "RECEIVER_SECRET",
  events: WEBHOOK_EVENTS,
  ...change,
});

/** Submits a run to the service as it is with these endpoints in src/service.ts. */
export const submitWith = (client: Client, ...endpoints: WebhookEndpoint[]): Promise<string> =>
  submitInTrace(client, {}, ...endpoints);

/** The same, with the headers that name a trace. */
export const submitInTrace = async (
  client: Client,
  headers: { readonly traceparent?: string },
  ...endpoints: WebhookEndpoint[]
): Promise<string> => {
  const request = new Request("http://sandpiper.test/submit", {
    method: "POST",
    headers: { "content-type": "application/json", "cf-connecting-ip": client.address, ...headers },
    body: JSON.stringify({ code: "print('hello')\n" }),
  });
  const context = createExecutionContext();
  const response = await createService(depsFor(rawEnv, endpoints), deployed).fetch(request, rawEnv, context);
  await waitOnExecutionContext(context);
  const answer = await response.json<{ job_id: string }>();
  if (!response.ok) throw new Error(`submit refused: ${response.status} ${JSON.stringify(answer)}`);
  return answer.job_id;
};

export const deliveriesOf = async (client: Client, runId: string): Promise<WebhookDelivery[]> =>
  ((await client.status(runId)).webhooks ?? []) as WebhookDelivery[];

/** The object of a delivery, by its `webhook-id`. */
export const deliveryStub = (webhookId: string): DurableObjectStub =>
  webhookNamespace.get(webhookNamespace.idFromString(webhookId.replace(/^msg_/, "")));

const viewOf = (webhookId: string): Promise<WebhookDelivery | null> =>
  (deliveryStub(webhookId) as unknown as { view(): Promise<WebhookDelivery | null> }).view();

/** The delivery when it has made so many attempts, the last of which is over. */
export const afterAttempts = (webhookId: string, attempts: number): Promise<WebhookDelivery> =>
  eventually(`${attempts} attempts`, async () => {
    const view = await viewOf(webhookId);
    const isThere = view !== null && view.attempts >= attempts && view.last_error !== "unanswered";
    return isThere ? view : null;
  });

/** Moves the clock to the next attempt, lets the alarm make it, and answers the delivery afterwards. */
export const nextAttempt = async (webhookId: string): Promise<WebhookDelivery> => {
  const before = await viewOf(webhookId);
  if (before?.next_attempt_at == null) throw new Error("there is no next attempt");
  moveClock(Date.parse(before.next_attempt_at) - Date.now());
  await runDurableObjectAlarm(deliveryStub(webhookId));
  return afterAttempts(webhookId, before.attempts + 1);
};

/** The objects of deliveries cannot be reached until `vi.restoreAllMocks`; what is logged of it is kept back. */
export const loseDeliveries = (): void => {
  const idFromName = Object.getPrototypeOf(webhookNamespace).idFromName as (name: string) => DurableObjectId;
  const lookUp = vi.spyOn(Object.getPrototypeOf(webhookNamespace), "idFromName");
  lookUp.mockImplementation(function (this: DurableObjectNamespace, ...args: unknown[]) {
    const name = String(args[0]);
    if (name.includes('"job.')) throw new Error("the namespace is not there");
    return idFromName.call(this, name);
  });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
};
