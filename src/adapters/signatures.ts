import type { Signatures } from "../domain/ports/signatures.ts";

const utf8 = new TextEncoder();

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const toBase64Url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const hmacKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

const seal = async (secret: string, text: string): Promise<string> =>
  toBase64Url(await crypto.subtle.sign("HMAC", await hmacKey(secret), utf8.encode(text)));

const isSigned = async (key: string, text: string, signature: string): Promise<boolean> => {
  try {
    const imported = await crypto.subtle.importKey("raw", fromBase64(key), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, fromBase64(signature), utf8.encode(text));
  } catch {
    // No point of the curve, or no base64: nothing that such a key could have signed.
    return false;
  }
};

/** HMAC and Ed25519 from the platform's cryptography. */
export const platformSignatures: Signatures = {
  seal,
  isSealed: async (secret, text, given) => {
    const [expected, actual] = [utf8.encode(await seal(secret, text)), utf8.encode(given)];
    return expected.length === actual.length && crypto.subtle.timingSafeEqual(expected, actual);
  },
  isSigned,
};

/** The public half of an Ed25519 key (base64 of PKCS#8), as executors write theirs. @throws where it is none. */
export const publicHalfOf = async (pkcs8: string): Promise<string> => {
  const key = await crypto.subtle.importKey("pkcs8", fromBase64(pkcs8), "Ed25519", true, ["sign"]);
  const { x = "" } = (await crypto.subtle.exportKey("jwk", key)) as JsonWebKey;
  return `${x.replaceAll("-", "+").replaceAll("_", "/")}=`;
};
