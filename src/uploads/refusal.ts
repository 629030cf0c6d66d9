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

/** A name from an upload, quoted, for a message: control and format characters escaped, the middle cut out. */
export const shown = (name: string): string => {
  const cut = name.length > SHOWN_CHARS ? `${name.slice(0, 50)}...${name.slice(-27)}` : name;
  return JSON.stringify(cut.toWellFormed()).replace(/\p{C}/gu, (char) => [...char].map(escapeChar).join(""));
};
