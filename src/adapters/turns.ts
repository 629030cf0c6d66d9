import { hexOf } from "../domain/hex.ts";

const utf8 = new TextEncoder();

/** Names clients by HMAC-SHA256 under a secret of the service's, as lower-case hex. */
export const turnsUnder = (secret: string) => {
  const key = crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return async (client: string): Promise<string> => {
    const mac = await crypto.subtle.sign("HMAC", await key, utf8.encode(`sandpiper-turn-1\n${client}`));
    return hexOf(new Uint8Array(mac));
  };
};
