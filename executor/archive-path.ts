import { OUTPUT_PATH_CHARS, OUTPUT_PATH_LEVELS } from "../src/wire/limits.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name given as latin1 read as UTF-8, or null when its bytes are none. */
export const decodeName = (name: string): string | null => {
  try {
    return strictUtf8.decode(Buffer.from(name, "latin1"));
  } catch {
    // Invalid bytes: a TextDecoder has no other way to say so.
    return null;
  }
};

/** A name given as latin1 read as UTF-8, with \ufffd for bytes that are none. */
export const lossyName = (name: string): string => Buffer.from(name, "latin1").toString();

const isForbidden = (character: string): boolean => {
  const code = character.charCodeAt(0);
  const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f);
  return isControl || code === 0x2028 || code === 0x2029 || character === "\\";
};

/** A name that may be anything, as text to be shown: \ufffd stands for what no path may hold. */
export const shownPath = (name: string): string =>
  Array.from(name, (character) => (isForbidden(character) ? "\ufffd" : character))
    .join("")
    .replace(/^\.\//, "")
    .slice(0, OUTPUT_PATH_CHARS)
    .toWellFormed();

const steps = (path: string): readonly string[] =>
  path.split("/").filter((step) => step !== "" && step !== ".");

/**
 * The path of an archive's entry relative to its root, or null when it leaves the root, is absolute, holds
 * control characters, line separators or a backslash, or names the root itself.
 */
export const relativePath = (name: string): string | null => {
  if (name.startsWith("/") || [...name].some(isForbidden)) return null;
  const parts = steps(name);
  return parts.length === 0 || parts.includes("..") ? null : parts.join("/");
};

/** An output's name as the job's tar gave it (bytes as latin1), or null when it is not kept. */
export const outputPath = (name: string): string | null => {
  const text = decodeName(name);
  const path = text === null ? null : relativePath(text);
  if (path === null || path.length > OUTPUT_PATH_CHARS) return null;
  return path.split("/").length > OUTPUT_PATH_LEVELS ? null : path;
};
