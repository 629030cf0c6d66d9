import { fromBase64, toBase64 } from "../judging/base64.ts";

const LINE_CHARS = 60;

/** Bytes of base64 as Ruby reads it: what is outside of the alphabet is skipped, and a torn end is dropped. */
export const readLaxBase64 = (text: string): Uint8Array => {
  const [before = ""] = text.replace(/[^A-Za-z0-9+/=]/g, "").split("=");
  const whole = before.length % 4 === 1 ? before.slice(0, -1) : before;
  return fromBase64(whole + "=".repeat((4 - (whole.length % 4)) % 4));
};

/** Base64 as MIME has it: a line feed behind each 60 characters and at the end. */
export const mimeBase64 = (bytes: Uint8Array): string =>
  bytes.length === 0 ? "" : toBase64(bytes).replace(new RegExp(`.{1,${LINE_CHARS}}`, "g"), "$&\n");
