import type { SendOutcome, Signer } from "../webhooks/delivery.ts";

/** One attempt to send a delivery. */
export type WebhookAttempt = {
  readonly id: string;
  readonly url: string;
  readonly signer: Signer;
  readonly body: string;
  /** Sent as the header `traceparent`. */
  readonly trace?: string;
  /** A PUT, to be answered sooner. */
  readonly isCallback?: true;
};

export type WebhookSender = (attempt: WebhookAttempt, now: number) => Promise<SendOutcome>;
