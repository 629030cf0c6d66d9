const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** What a secret has to be, for error messages; Standard Webhooks 1.0.0, "Signature scheme". */
export const SECRET_FORM = `\`whsec_\` and the base64 of ${MIN_BYTES} to ${MAX_BYTES} bytes`;

/** The key's bytes of a `whsec_` secret, or null when it is none. */
export const secretBytes = (secret: string): Uint8Array | null => {
  const [, base64] = SECRET.exec(secret) ?? [];
  if (base64 === undefined || base64.length % 4 !== 0) return null;
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES ? bytes : null;
};
