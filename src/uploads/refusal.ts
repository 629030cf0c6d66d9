import type { UploadRefusal, UploadRefusalCode } from "./types.ts";

/**
 * How the parsers of this folder give up from the depth of a stream. `readUpload` turns it into its value;
 * it never leaves the folder.
 */
export class UploadRefused extends Error {
  readonly refusal: UploadRefusal;

  constructor(code: UploadRefusalCode, message: string, field: "files" | "manifest" | null = "files") {
    super(message);
    this.name = "UploadRefused";
    this.refusal =
      field === null ? { kind: "refused", code, message } : { kind: "refused", code, message, field };
  }
}

const SHOWN_CHARS = 80;

const escapeChar = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

const shortened = (text: string): string =>
  text.length > SHOWN_CHARS ? `${text.slice(0, 50)}...${text.slice(-27)}` : text;

const byteChar = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;

/** `shown` for a name that is no text: what is not ASCII stands there byte by byte. */
export const shownBytes = (name: Uint8Array): string => `"${shortened(Array.from(name, byteChar).join(""))}"`;

/** A name from an upload, quoted, for a message: control and format characters escaped, the middle cut out. */
export const shown = (name: string): string => {
  return JSON.stringify(shortened(name).toWellFormed()).replace(/\p{C}/gu, (char) =>
    [...char].map(escapeChar).join(""),
  );
};
