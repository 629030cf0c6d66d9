import type { SendOutcome, Signer } from "../webhooks/delivery.ts";

/** One attempt to send a delivery. */
export type WebhookAttempt = {
  readonly id: string;
  readonly url: string;
  readonly signer: Signer;
  readonly body: string;
  /** Sent as the header `traceparent`. */
  readonly trace?: string;
};

export type WebhookSender = (attempt: WebhookAttempt, now: number) => Promise<SendOutcome>;
