import type { Signatures } from "../../src/domain/ports/signatures.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A text's digest as 43 letters: no cryptography, but other texts give others. */
export const digestOf = (text: string): string => {
  let [one, other] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < text.length; at += 1) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    other = Math.imul(other ^ one, 0x85ebca6b) ^ (other >>> 13);
  }
  return Array.from({ length: 43 }, (_none, at) => {
    one = Math.imul(one ^ (one >>> 15) ^ at, 0x2c1b3c6d);
    other = Math.imul(other ^ (other >>> 12) ^ one, 0x297a2d39);
    return ALPHABET[(one ^ other) & 63];
  }).join("");
};

/** What a key signs: everybody can make it here, and only who says the key does. */
export const signedBy = (key: string, text: string): string => digestOf(`${key} ${text}`);

export const fakeSignatures: Signatures = {
  seal: async (secret, text) => digestOf(`${secret}|${text}`),
  isSealed: async (secret, text, seal) => digestOf(`${secret}|${text}`) === seal,
  isSigned: async (key, text, signature) => signedBy(key, text) === signature,
};
