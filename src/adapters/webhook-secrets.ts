import type { Signer } from "../domain/webhooks/delivery.ts";
import { secretBytes, secretsOf } from "../domain/webhooks/secret.ts";

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
export const clientSecrets = async (masterSecret: string, clientKey: string): Promise<readonly string[]> => {
  const keys = (secretsOf(masterSecret) ?? []).map(secretBytes).filter((key) => key !== null);
  return Promise.all(keys.map(async (key) => `whsec_${await hmacBase64(key, `webhooks of ${clientKey}`)}`));
};

/** Looks up what signs a delivery: while a secret is changed the new one and the old one; none when it is not there. */
export type SecretsOf = (signer: Signer) => Promise<readonly string[]>;

/** The Worker's secrets by their names, and a client's by derivation. */
export const webhookSecrets =
  (named: (name: string) => unknown, masterSecret: string): SecretsOf =>
  async (signer) => {
    if (signer.kind === "job") return clientSecrets(masterSecret, signer.clientKey);
    const value = named(signer.secretName);
    return typeof value === "string" ? (secretsOf(value) ?? []) : [];
  };
