/** The text of Basic credentials, `user:password`; null for what is none. */
export const basicText = (authorization: string | undefined): string | null => {
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? "");
  if (match?.[1] === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(match[1]), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};

const authorizationKey = (authorization: string): string | null => {
  if (!/^basic(\s|$)/i.test(authorization)) return authorization.trim().replace(/^Bearer\s+/i, "");
  const text = basicText(authorization);
  return text === null || !text.includes(":") ? null : text.slice(text.indexOf(":") + 1);
};

/**
 * The texts of a request that may be a key, in the order in which they count: `x-api-key`, then
 * `authorization` as a bearer token, as it is, or as the password of Basic credentials.
 */
export const presentedKeys = (
  apiKey: string | undefined,
  authorization: string | undefined,
): readonly string[] =>
  [apiKey?.trim() ?? null, authorization === undefined ? null : authorizationKey(authorization)].filter(
    (text): text is string => text !== null && text !== "",
  );
