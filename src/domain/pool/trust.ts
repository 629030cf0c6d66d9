/** An executor's key that the deployment trusts, and the name that the owner gave it. */
export type TrustedKey = { readonly key: string; readonly name: string | null };

const ENTRY = /^(?:([A-Za-z0-9][A-Za-z0-9._-]{0,62})=)?([A-Za-z0-9+/]{43}=)$/;

/**
 * Reads `TRUSTED_EXECUTORS`: base64 public keys with an optional `name=` before each, apart by commas or
 * spaces. Null where a part is neither.
 */
export const parseTrustedKeys = (text: string): readonly TrustedKey[] | null => {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  const keys = parts.map((part) => ENTRY.exec(part));
  if (keys.includes(null)) return null;
  return keys.map((match) => ({ key: match?.[2] ?? "", name: match?.[1] ?? null }));
};
