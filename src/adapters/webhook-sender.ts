import { Webhook } from "standardwebhooks";
import type { WebhookSender } from "../domain/ports/webhook-sender.ts";
import { VERSION } from "../domain/version.ts";
import { TRACE_HEADER } from "../wire/trace.ts";
import { hmacBase64, type SecretsOf } from "./webhook-secrets.ts";

const utf8 = new TextEncoder();
const CALLBACK_MS = 5_000;

/**
 * Headers of one attempt. `webhook-*` are those of Standard Webhooks 1.0.0, whose timestamp is the
 * attempt's; `x-sandbox-signature` is for clients of the seed's service, keyed by the newest secret
 * as the text that it is, `whsec_` included.
 */
const signedHeaders = async (
  id: string,
  body: string,
  [secret, ...older]: readonly [string, ...string[]],
  now: number,
): Promise<Record<string, string>> => ({
  "content-type": "application/json",
  "user-agent": `Sandpiper/${VERSION}`,
  "webhook-id": id,
  "webhook-timestamp": String(Math.floor(now / 1_000)),
  "webhook-signature": [secret, ...older]
    .map((one) => new Webhook(one).sign(id, new Date(now), body))
    .join(" "),
  "x-sandbox-signature": await hmacBase64(utf8.encode(secret), body),
});

/** Posts over `fetch`. A redirect is an answer like any other: it is not followed. */
export const httpWebhookSender =
  (secretsOf: SecretsOf, timeoutMs: number): WebhookSender =>
  async ({ id, url, signer, body, trace, isCallback }, now) => {
    const [secret, ...older] = await secretsOf(signer);
    if (secret === undefined) return { kind: "failed", error: "no_secret" };
    const headers = {
      ...(await signedHeaders(id, body, [secret, ...older], now)),
      ...(trace === undefined ? {} : { [TRACE_HEADER]: trace }),
    };
    // Not `AbortSignal.timeout`: its timer would keep the object in memory after an answer has come.
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), isCallback ? CALLBACK_MS : timeoutMs);
    const { signal } = controller;
    const method = isCallback ? "PUT" : "POST";
    try {
      const response = await fetch(url, { method, headers, body, redirect: "manual", signal });
      await response.body?.cancel();
      return {
        kind: "answered",
        status: response.status,
        retryAfter: response.headers.get("retry-after"),
      };
    } catch {
      // Whatever failed, the schedule goes on; the error's text may hold the receiver's address.
      return { kind: "failed", error: signal.aborted ? "timeout" : "unreachable" };
    } finally {
      clearTimeout(timer);
    }
  };
