export type StrictJson =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "not_utf8" }
  | { readonly kind: "not_json" }
  /** A number that no double holds as it is written, or text that no UTF-8 holds; `path` leads to it. */
  | {
      readonly kind: "inexact";
      readonly what: "number" | "text";
      readonly path: readonly (string | number)[];
      /** Why it is refused, for a client, behind the name of the field. */
      readonly problem: string;
    };

/** The text of UTF-8 bytes, without a byte order mark; null where they are damaged. */
export const utf8Text = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
};

/**
 * What a number that is rounded must have: many digits in a row, or a large exponent. And what half a character
 * must have, which any encoding of the text would replace.
 */
const SUSPECT = /\d{16}|[eE]\+?\d{3}|\\u[dD][89a-fA-F]/;

const PROBLEMS = {
  number: "is a number that cannot be kept exactly; write it as text",
  text: "has half of a surrogate pair, which is no character; leave it out",
};

const isInexact = (value: unknown, source: string | undefined): boolean => {
  if (typeof value !== "number" || source === undefined) return false;
  if (!Number.isFinite(value)) return true;
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value);
};

const isHalf = (value: unknown): boolean => typeof value === "string" && !value.isWellFormed();

type Found = { readonly holder: unknown; readonly key: string; readonly what: "number" | "text" };

const pathTo = (value: unknown, found: Found): (string | number)[] | null => {
  const { holder, key } = found;
  if (typeof value !== "object" || value === null) return null;
  if (value === holder) return [Array.isArray(value) ? Number(key) : key];
  for (const [name, member] of Object.entries(value)) {
    const path = pathTo(member, found);
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
 * JSON without silent changes: integers beyond 2^53, numbers beyond a double's range and half surrogate pairs are
 * refused with their place, never rounded or replaced.
 */
export const parseStrictJson = (text: string): StrictJson => {
  try {
    if (!SUSPECT.test(text)) return { kind: "value", value: JSON.parse(text) };
    const found: Found[] = [];
    const look: Reviver = function (key, value, context) {
      if (isInexact(value, context?.source)) found.push({ holder: this, key, what: "number" });
      if (isHalf(value) || isHalf(key)) found.push({ holder: this, key, what: "text" });
      return value;
    };
    const value: unknown = JSON.parse(text, look);
    const [first] = found;
    if (first === undefined) return { kind: "value", value };
    const { what } = first;
    return { kind: "inexact", what, path: pathTo(value, first) ?? [], problem: PROBLEMS[what] };
  } catch {
    return { kind: "not_json" };
  }
};

/** The same from bytes, which must be UTF-8. */
export const parseStrictJsonBytes = (bytes: Uint8Array): StrictJson => {
  const text = utf8Text(bytes);
  return text === null ? { kind: "not_utf8" } : parseStrictJson(text);
};
