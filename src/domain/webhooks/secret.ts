const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** While a secret is changed, receivers know the old one or the new one. */
const MOST_SECRETS = 2;

/** What a secret has to be, for error messages; Standard Webhooks 1.0.0, "Signature scheme". */
export const SECRET_FORM = `\`whsec_\` and the base64 of ${MIN_BYTES} to ${MAX_BYTES} bytes, or two such with a space between them`;

/** The key's bytes of a `whsec_` secret, or null when it is none. */
export const secretBytes = (secret: string): Uint8Array | null => {
  const [, base64] = SECRET.exec(secret) ?? [];
  if (base64 === undefined || base64.length % 4 !== 0) return null;
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES ? bytes : null;
};

/** The secrets of a setting, the new one first; null when it holds anything else, or more than two. */
export const secretsOf = (text: string): readonly string[] | null => {
  const secrets = text.trim().split(/\s+/);
  const isFine = secrets.length <= MOST_SECRETS && secrets.every((secret) => secretBytes(secret) !== null);
  return isFine ? secrets : null;
};
