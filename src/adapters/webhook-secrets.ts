import type { Signer } from "../domain/webhooks/delivery.ts";
import { secretBytes } from "../domain/webhooks/secret.ts";

const utf8 = new TextEncoder();

/** HMAC-SHA256 as base64. */
export const hmacBase64 = async (key: Uint8Array, text: string): Promise<string> => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", imported, utf8.encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(mac)));
};

/**
 * The secret that signs for a client's own URLs, made of the service's `WEBHOOK_SECRET` and the client's
 * key: nothing is stored, and no client can sign as the service does for another.
 */
export const clientSecret = async (masterSecret: string, clientKey: string): Promise<string | null> => {
  const key = secretBytes(masterSecret);
  return key === null ? null : `whsec_${await hmacBase64(key, `webhooks of ${clientKey}`)}`;
};

/** Looks up what signs a delivery; null when it is not there, or is no `whsec_` secret. */
export type SecretOf = (signer: Signer) => Promise<string | null>;

/** The Worker's secrets by their names, and a client's by derivation. */
export const webhookSecrets =
  (named: (name: string) => unknown, masterSecret: string): SecretOf =>
  async (signer) => {
    if (signer.kind === "job") return clientSecret(masterSecret, signer.clientKey);
    const value = named(signer.secretName);
    return typeof value === "string" && secretBytes(value) !== null ? value : null;
  };
