import { hexOf } from "../domain/hex.ts";
import type { Ids } from "../domain/ports/ids.ts";

const utf8 = new TextEncoder();

const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const hashOfBytes = async (bytes: Uint8Array): Promise<string> =>
  hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

const hashOf = (secret: string): Promise<string> => hashOfBytes(utf8.encode(secret));

/** Ids, tokens and hashes from the platform's cryptography. */
export const randomIds: Ids = {
  runId: () => `job-${hexOf(randomBytes(16))}`,
  requestId: () => crypto.randomUUID(),
  attempt: async (objectId) => {
    const token = base64Url(randomBytes(32));
    return { id: `${objectId}.${hexOf(randomBytes(16))}`, token, tokenHash: await hashOf(token) };
  },
  hashOf,
  hashOfBytes,
  jobId: () => crypto.randomUUID(),
  keyPart: () => hexOf(randomBytes(16)),
  isSame: (one, other) => {
    const [left, right] = [utf8.encode(one), utf8.encode(other)];
    return left.length === right.length && crypto.subtle.timingSafeEqual(left, right);
  },
};
