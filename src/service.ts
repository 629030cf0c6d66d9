import type { WebhookEndpoint } from "./domain/webhooks/endpoint.ts";

/**
 * Who is told how jobs end, of every face: `{url, secretName, events}`. `secretName` names a secret of the
 * Worker, `whsec_` and the base64 of 24 to 64 random bytes.
 */
export const webhookEndpoints: readonly WebhookEndpoint[] = [];
