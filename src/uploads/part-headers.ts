/** Names of a multipart part; `name` is "" for a part that is no form field. */
export type PartNames = { name: string; filename: string | null };

const PARAMETER = /\s*;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/sy;

const parameters = (header: string, from: number): Map<string, string> | null => {
  const found = new Map<string, string>();
  let at = from;
  while (header.slice(at).trim() !== "") {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(header);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || found.has(name)) return null;
    found.set(name, match[2] === undefined ? (match[3] ?? "") : match[2].replace(/\\(["\\])/g, "$1"));
    at = PARAMETER.lastIndex;
  }
  return found;
};

/** The boundary of a `multipart/form-data` content type, quoted or not; null for any other type. */
export const multipartBoundary = (contentType: string): string | null => {
  const [type = ""] = contentType.split(";", 1);
  if (type.trim().toLowerCase() !== "multipart/form-data") return null;
  const boundary = parameters(contentType, type.length)?.get("boundary") ?? "";
  return /^[\x20-\x7e]{0,199}[\x21-\x7e]$/.test(boundary) ? boundary : null;
};

/** Browsers escape three characters of a name in this way, and nothing else (WHATWG HTML, form submission). */
const unescapeBrowser = (name: string): string =>
  name.replace(/%(22|0D|0A)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** RFC 5987 form, which older HTTP libraries send for names that are not ASCII; null when it is malformed. */
const extendedValue = (value: string): string | null => {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value)?.[1];
  if (encoded === undefined || /%(?![0-9a-f]{2})/i.test(encoded)) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
};

const namesOf = (disposition: string): PartNames | null => {
  const [type = ""] = disposition.split(";", 1);
  if (type.trim().toLowerCase() !== "form-data") return { name: "", filename: null };
  const given = parameters(disposition, type.length);
  const name = given?.get("name");
  if (given === null || name === undefined) return null;
  const extended = given.get("filename*");
  const filename = given.get("filename");
  const chosen = extended === undefined ? (filename ?? null) : extendedValue(extended);
  if (extended !== undefined && chosen === null) return null;
  return { name: unescapeBrowser(name), filename: chosen === null ? null : unescapeBrowser(chosen) };
};

/** Names from a part's header block (lines by CRLF, none at the end); null when it is malformed. */
export const parsePartHeaders = (block: string): PartNames | null => {
  let names: PartNames = { name: "", filename: null };
  for (const line of block.split("\r\n")) {
    const colon = line.indexOf(":");
    if (line !== "" && colon <= 0) return null;
    if (line.slice(0, colon).trim().toLowerCase() !== "content-disposition") continue;
    const parsed = namesOf(line.slice(colon + 1).trim());
    if (parsed === null) return null;
    names = parsed;
  }
  return names;
};
