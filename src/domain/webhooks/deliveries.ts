import type { WebhookDelivery } from "../../wire/webhook-delivery.ts";
import type { JobState } from "../job/state.ts";
import type { Webhooks } from "../ports/webhooks.ts";
import type { Subscription } from "./endpoint.ts";
import { eventOf } from "./event.ts";

/** The webhooks of a job that has ended, as its view shows them; asks nobody where there are none. */
export const deliveriesOf = async (
  webhooks: Webhooks,
  objectId: string,
  job: { readonly state: JobState; readonly webhooks: readonly Subscription[]; readonly redriven?: number },
): Promise<readonly WebhookDelivery[]> => {
  const type = eventOf(job.state);
  return type === null || job.webhooks.length === 0
    ? []
    : webhooks.deliveriesOf(job.webhooks, objectId, type, job.redriven);
};

/** What deliveries add to a view's entity tag: it changes with every attempt. */
export const deliveriesTag = (deliveries: readonly WebhookDelivery[]): string =>
  deliveries.map(({ state, attempts }) => `-${state}${attempts}`).join("");
