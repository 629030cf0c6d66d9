import type { Subscription } from "../webhooks/endpoint.ts";
import type { SubmissionDeps, SubmissionOutcome } from "./types.ts";

type Receivers =
  | { readonly kind: "ok"; readonly webhooks: readonly Subscription[] }
  | Extract<SubmissionOutcome, { kind: "bad_fields" }>;

/** Who is to hear how a run ends: the service's receivers, and the one that the run names for its owner. */
export const receiversOf = async (
  { webhookSubscriptions, clientWebhooks }: SubmissionDeps,
  owner: string | null,
  url: string | null,
): Promise<Receivers> => {
  if (url === null) return { kind: "ok", webhooks: webhookSubscriptions };
  const refuse = (message: string): Receivers => ({
    kind: "bad_fields",
    errors: [{ field: "webhook_url", message }],
  });
  if (owner === null)
    return refuse(
      "wants a run that is submitted with a key; without one, ask with Prefer: wait=60 or watch /ws",
    );
  const outcome = await clientWebhooks.subscribe(url, owner);
  if (outcome.kind === "refused") return refuse(`cannot be taken: ${outcome.message}`);
  return { kind: "ok", webhooks: [...webhookSubscriptions, outcome.subscription] };
};
