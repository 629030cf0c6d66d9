import type { WebhookDelivery, WebhookError } from "../../wire/webhook-delivery.ts";
import type { DeliveryRow } from "../ports/delivery-rows.ts";
import { schemaOf } from "../stored.ts";
import type { WebhookEventType } from "./event.ts";
import { retryAfterMs, retryDelayMs } from "./schedule.ts";

/** What remains of a delivery is deleted this long after its last attempt. */
export const DELIVERY_RETENTION_MS = 7 * 24 * 3_600_000;

/**
 * Whose secret signs: the one that the deployer named with the endpoint, or the one that a client's
 * own `webhook_url` is signed with. The secret itself is looked up at each attempt and stored nowhere.
 */
export type Signer =
  | { readonly kind: "service"; readonly secretName: string }
  | { readonly kind: "job"; readonly clientKey: string };

/** What a job asks its delivery to do. */
export type DeliveryOrder = {
  readonly type: WebhookEventType;
  readonly url: string;
  readonly signer: Signer;
  /** The trace that the job was made in, as the header `traceparent` says it. */
  readonly trace?: string;
  /** It is put as a door's clients expect it, and any answer but passing trouble ends it. */
  readonly isCallback?: true;
};

/** How one attempt went. `retryAfter` is the header as it came. */
export type SendOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: "failed"; readonly error: WebhookError };

/** One event on its way to one endpoint. */
export type Delivery = DeliveryOrder & {
  readonly state: WebhookDelivery["state"];
  readonly attempts: number;
  readonly updatedAtMs: number;
  readonly lastStatus: number | null;
  readonly lastError: WebhookError | null;
  /** Null once there is nothing left to try. */
  readonly nextAttemptAtMs: number | null;
};

export const deliverySchema = schemaOf<Delivery>("a webhook's delivery");

/** What a delivery was asked to do. */
export const orderOf = ({ type, url, signer, trace, isCallback }: Delivery): DeliveryOrder => ({
  type,
  url,
  signer,
  ...(trace === undefined ? {} : { trace }),
  ...(isCallback === undefined ? {} : { isCallback }),
});

export const newDelivery = (order: DeliveryOrder, now: number): Delivery => ({
  ...order,
  state: "pending",
  attempts: 0,
  updatedAtMs: now,
  lastStatus: null,
  lastError: null,
  nextAttemptAtMs: now,
});

/** The receiver is gone for good (Standard Webhooks 1.0.0, "Webhook delivery"). */
const GONE = 410;

const isAccepted = (status: number): boolean => status >= 200 && status <= 299;
const isRedirect = (status: number): boolean => status >= 300 && status <= 399;

/** A receiver that is slowed down, or in trouble, is asked again. */
const isPassing = (status: number): boolean => status === 429 || status >= 500;

const errorOf = (outcome: SendOutcome, isCallback: boolean): WebhookError | null => {
  if (outcome.kind === "failed") return outcome.error;
  if (isCallback ? !isPassing(outcome.status) : isAccepted(outcome.status)) return null;
  return isRedirect(outcome.status) ? "redirect" : "status";
};

/** Takes an attempt into account: accepted, given up for good, over, or due again later. */
export const afterAttempt = (
  delivery: Delivery,
  outcome: SendOutcome,
  random: number,
  now: number,
): Delivery => {
  const attempts = delivery.attempts + 1;
  const lastStatus = outcome.kind === "answered" ? outcome.status : null;
  const lastError = errorOf(outcome, delivery.isCallback === true);
  const tried = { ...delivery, attempts, lastStatus, lastError, updatedAtMs: now };
  if (lastError === null) return { ...tried, state: "delivered", nextAttemptAtMs: null };
  if (lastStatus === GONE) return { ...tried, state: "disabled", nextAttemptAtMs: null };
  const askedMs = outcome.kind === "answered" ? retryAfterMs(outcome.retryAfter, now) : 0;
  const delayMs = retryDelayMs(attempts, random, askedMs);
  if (delayMs === null) return { ...tried, state: "failed", nextAttemptAtMs: null };
  return { ...tried, nextAttemptAtMs: now + delayMs };
};

/** Whether the operator may have it sent again: what arrived is forgotten, and is not sent twice. */
export const mayReplay = ({ state }: Delivery): boolean => state !== "delivered";

/** The delivery from its first attempt on, which is due now. */
export const replayed = (delivery: Delivery, now: number): Delivery => ({
  ...delivery,
  state: "pending",
  attempts: 0,
  updatedAtMs: now,
  nextAttemptAtMs: now,
});

/** The delivery as the operator's list has it. */
export const deliveryRowOf = (id: string, delivery: Delivery): DeliveryRow => ({
  id,
  state: delivery.state,
  type: delivery.type,
  endpoint: delivery.signer.kind,
  attempts: delivery.attempts,
  lastStatus: delivery.lastStatus,
  lastError: delivery.lastError,
  nextAttemptAtMs: delivery.nextAttemptAtMs,
  updatedAtMs: delivery.updatedAtMs,
});

/** When the delivery has to be looked at again: for its next attempt, or to be deleted. */
export const wakeAtMs = (delivery: Delivery): number =>
  delivery.nextAttemptAtMs ?? delivery.updatedAtMs + DELIVERY_RETENTION_MS;

/** The delivery as the job's view shows it. The deployer's URLs are not for the job's clients to know. */
export const viewOf = (id: string, delivery: Delivery): WebhookDelivery => ({
  id,
  type: delivery.type,
  endpoint: delivery.signer.kind,
  state: delivery.state,
  attempts: delivery.attempts,
  last_status: delivery.lastStatus,
  last_error: delivery.lastError,
  next_attempt_at:
    delivery.nextAttemptAtMs === null ? null : new Date(delivery.nextAttemptAtMs).toISOString(),
});
