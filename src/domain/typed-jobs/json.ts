export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

const nativeForm = (_key: string, value: unknown): unknown => {
  if (typeof value === "bigint") {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value);
  }
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  return value;
};

/** A model's output as JSON text: dates as ISO strings, sets and maps as arrays, big integers exact. */
export const jsonText = (value: unknown): string => JSON.stringify(value, nativeForm);

const escapeNonAscii = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: DEL is the last ASCII character.
  text.replaceAll(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

const block = (parts: readonly string[], [open, close]: [string, string], indent: string): string =>
  parts.length === 0
    ? open + close
    : `${open}\n${parts.map((part) => `${indent}  ${part}`).join(",\n")}\n${indent}${close}`;

const written = (value: unknown, indent: string): string => {
  if (Array.isArray(value)) {
    return block(
      value.map((item) => written(item, `${indent}  `)),
      ["[", "]"],
      indent,
    );
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  const members = entries.map(([key, member]) => `${JSON.stringify(key)}: ${written(member, `${indent}  `)}`);
  return block(members, ["{", "}"], indent);
};

/** The face's serialisation: sorted keys, two spaces, a newline at the end. */
export const responseText = (value: unknown, asAscii: boolean): string => {
  const text = `${written(value, "")}\n`;
  return asAscii ? escapeNonAscii(text) : text;
};

/** Compact JSON text in ASCII alone, for the queue. */
export const asciiJson = (value: unknown): string => escapeNonAscii(JSON.stringify(value));

/** Index of the quote that ends the string which starts at `at`. */
const stringEnd = (text: string, at: number): number => {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
};

/** Whether brackets nest deeper than `limit`; strings are skipped, so the text must be valid JSON. */
export const nestsDeeper = (text: string, limit: number): boolean => {
  let depth = 0;
  for (let at = 0; at < text.length && depth <= limit; at += 1) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at);
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
  }
  return depth > limit;
};
