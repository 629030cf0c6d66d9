import type { Context } from "hono";
import { parseStrictJson, utf8Text } from "../../domain/strict-json.ts";
import { bodyOf, readBytes } from "./body.ts";
import type { Refusal } from "./refusal.ts";

export type JsonBody =
  | { readonly kind: "json"; readonly value: unknown; readonly text: string }
  /** The request has no body, or one of white space alone. */
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const refused = (code: Refusal["code"], message: string): JsonBody => ({
  kind: "refused",
  refusal: { code, message },
});

const isJson = (contentType: string): boolean =>
  /^application\/(?:[\w.-]+\+)?json\s*(;|$)/i.test(contentType);

/** The refusal of a compressed body (RFC 9110 section 15.5.16); null where it is plain. */
export const refuseCoding = (c: Context): Refusal | null => {
  const coding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (coding === "identity" || coding === "") return null;
  c.header("Accept-Encoding", "identity");
  return { code: "unsupported_media_type", message: "The body must not be compressed" };
};

const parsedBody = (text: string): JsonBody => {
  const parsed = parseStrictJson(text);
  if (parsed.kind === "value") return { kind: "json", value: parsed.value, text };
  if (parsed.kind !== "inexact") return refused("invalid_request", "The body is not valid JSON");
  const { path, problem: message } = parsed;
  const refusal = { code: "invalid_request" as const, message: `${path.join(".") || "The body"} ${message}` };
  return { kind: "refused", refusal: { ...refusal, fields: [{ path, message }] } };
};

/** A body of JSON, at most `maxBytes` of plain, undamaged UTF-8. */
export const readJson = async (c: Context, maxBytes: number): Promise<JsonBody> => {
  const coded = refuseCoding(c);
  if (coded !== null) return { kind: "refused", refusal: coded };
  const bytes = await readBytes(bodyOf(c), maxBytes);
  if (bytes === null) return refused("too_large", `A JSON body ends at ${maxBytes} bytes`);
  const text = utf8Text(bytes);
  if (text === null) return refused("invalid_request", "The body is not UTF-8");
  if (text.trim() === "") return { kind: "none" };
  if (!isJson(c.req.header("content-type") ?? ""))
    return refused("unsupported_media_type", "The body must be application/json");
  return parsedBody(text);
};
