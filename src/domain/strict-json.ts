export type StrictJson =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "not_utf8" }
  | { readonly kind: "not_json" }
  /** A number that no double holds as it is written; `path` leads to it. */
  | { readonly kind: "inexact"; readonly path: readonly (string | number)[] };

/** The text of UTF-8 bytes, without a byte order mark; null where they are damaged. */
export const utf8Text = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
};

/** What a number that is rounded must have: many digits in a row, or a large exponent. */
const SUSPECT = /\d{16}|[eE]\+?\d{3}/;

const isInexact = (value: unknown, source: string | undefined): boolean => {
  if (typeof value !== "number" || source === undefined) return false;
  if (!Number.isFinite(value)) return true;
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value);
};

type Found = { readonly holder: unknown; readonly key: string };

const pathTo = (value: unknown, { holder, key }: Found): (string | number)[] | null => {
  if (typeof value !== "object" || value === null) return null;
  if (value === holder) return [Array.isArray(value) ? Number(key) : key];
  for (const [name, member] of Object.entries(value)) {
    const path = pathTo(member, { holder, key });
    if (path !== null) return [Array.isArray(value) ? Number(name) : name, ...path];
  }
  return null;
};

type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context?: { readonly source?: string },
) => unknown;

/**
 * JSON without silent changes: integers beyond 2^53 and numbers beyond a double's range are refused with
 * their place, never rounded.
 */
export const parseStrictJson = (text: string): StrictJson => {
  try {
    if (!SUSPECT.test(text)) return { kind: "value", value: JSON.parse(text) };
    const found: Found[] = [];
    const look: Reviver = function (key, value, context) {
      if (isInexact(value, context?.source)) found.push({ holder: this, key });
      return value;
    };
    const value: unknown = JSON.parse(text, look);
    const [first] = found;
    if (first === undefined) return { kind: "value", value };
    return { kind: "inexact", path: pathTo(value, first) ?? [] };
  } catch {
    return { kind: "not_json" };
  }
};

/** The same from bytes, which must be UTF-8. */
export const parseStrictJsonBytes = (bytes: Uint8Array): StrictJson => {
  const text = utf8Text(bytes);
  return text === null ? { kind: "not_utf8" } : parseStrictJson(text);
};

/** Why a number at `path` was refused, for a client. */
export const INEXACT_NUMBER = "is a number that cannot be kept exactly; write it as text";
