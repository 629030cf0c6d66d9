import type { Signer } from "./delivery.ts";
import { WEBHOOK_EVENTS, type WebhookEventType } from "./event.ts";
import { type ReceiverUrlRules, receiverUrlRefusal } from "./receiver-url.ts";
import { SECRET_FORM, secretsOf } from "./secret.ts";

/** A receiver that the deployer declares: it hears of every job of the service. */
export type WebhookEndpoint = {
  readonly url: string;
  /** Name of the Worker's secret that signs, whose value is `whsec_` and base64. */
  readonly secretName: string;
  readonly events: readonly WebhookEventType[];
};

/**
 * Who is to hear of a job's end; kept with the job, so that what was promised when it was created holds
 * whatever is configured later.
 */
export type Subscription = {
  readonly url: string;
  readonly signer: Signer;
  readonly events: readonly WebhookEventType[];
};

export type SubscriptionsOutcome =
  | { readonly kind: "ok"; readonly subscriptions: readonly Subscription[] }
  /** One sentence for each thing that is wrong, none of which holds a secret's value. */
  | { readonly kind: "refused"; readonly problems: readonly string[] };

const secretProblem = (name: string, value: unknown): string | null => {
  if (typeof value !== "string" || value === "") return `the secret ${name} is missing`;
  return secretsOf(value) === null ? `the secret ${name} must be ${SECRET_FORM}` : null;
};

/** Checks the declared endpoints; `secretOf` reads a secret by its name. */
export const subscriptionsOf = (
  endpoints: readonly WebhookEndpoint[],
  secretOf: (name: string) => unknown,
  rules: ReceiverUrlRules,
): SubscriptionsOutcome => {
  const problems = endpoints.flatMap(({ url, secretName, events }, index) =>
    [
      receiverUrlRefusal(url, rules),
      secretProblem(secretName, secretOf(secretName)),
      events.length === 0 ? `events must name at least one of ${WEBHOOK_EVENTS.join(", ")}` : null,
    ].flatMap((problem) => (problem === null ? [] : [`webhookEndpoints[${index}]: ${problem}`])),
  );
  if (problems.length > 0) return { kind: "refused", problems };
  const subscriptions = endpoints.map(({ url, secretName, events }) => ({
    url,
    signer: { kind: "service", secretName } as const,
    events: [...events],
  }));
  return { kind: "ok", subscriptions };
};

/** The subscription of a job's own `webhook_url`, which hears of every end. */
export const ownSubscription = (url: string, clientKey: string): Subscription => ({
  url,
  signer: { kind: "job", clientKey },
  events: WEBHOOK_EVENTS,
});
