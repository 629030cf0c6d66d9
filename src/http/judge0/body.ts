import type { Context } from "hono";
import { parseStrictJsonBytes, utf8Text } from "../../domain/strict-json.ts";
import { bodyOf, readBytes } from "../kit/body.ts";
import { refuseCoding } from "../kit/json-body.ts";

/** A source, what it reads and an archive beside it, all of it as base64 in JSON. */
const BODY_BYTES = 32 * 1_048_576;

export type Judge0Body =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "refused"; readonly status: 400 | 413 | 415 };

const MALFORMED: Judge0Body = { kind: "refused", status: 400 };

const isForm = (contentType: string): boolean =>
  /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(contentType);

/** Whether a form's texts are whole: the platform's reader would replace what is not UTF-8. */
const isWhole = (bytes: Uint8Array, contentType: string): boolean => {
  const text = utf8Text(bytes);
  if (text === null || /^multipart/i.test(contentType)) return text !== null;
  try {
    return decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, "%25")) !== null;
  } catch {
    return false;
  }
};

const formOf = async (bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Judge0Body> => {
  if (!isWhole(bytes, contentType)) return MALFORMED;
  try {
    const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData();
    const members = [...form].map(
      async ([name, value]): Promise<[string, unknown]> => [
        name,
        typeof value === "string" ? value : await value.text(),
      ],
    );
    return { kind: "value", value: Object.fromEntries(await Promise.all(members)) };
  } catch {
    return MALFORMED;
  }
};

/** The body as JSON or a form gives it; without one, nothing. */
export const readBody = async (c: Context): Promise<Judge0Body> => {
  if (refuseCoding(c) !== null) return { kind: "refused", status: 415 };
  const bytes = await readBytes(bodyOf(c), BODY_BYTES);
  if (bytes === null) return { kind: "refused", status: 413 };
  if (bytes.length === 0) return { kind: "value", value: {} };
  const contentType = c.req.header("content-type") ?? "";
  if (isForm(contentType)) return formOf(new Uint8Array(bytes), contentType);
  const json = parseStrictJsonBytes(bytes);
  return json.kind === "value" ? json : MALFORMED;
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the body says, and the query where the body is silent. */
export const membersOf = (c: Context, body: Record<string, unknown>): Record<string, unknown> => ({
  ...c.req.query(),
  ...body,
});

/** Whether a switch is on: only the text or the value `true` does it. */
export const isOn = (c: Context, name: string, body: Record<string, unknown> = {}): boolean => {
  const value = body[name] ?? c.req.query(name);
  return value === true || value === "true";
};

/** Whether texts are base64, in and out. */
export const isBase64 = (c: Context, implicit: boolean, body: Record<string, unknown> = {}): boolean => {
  const given = body.base64_encoded ?? c.req.query("base64_encoded");
  return given === undefined ? implicit : given === true || given === "true";
};
