import { parseStrictJson, type StrictJson, utf8Text } from "../strict-json.ts";
import { nestsDeeper } from "./json.ts";
import { JSON_DEPTH, PAYLOAD_BYTES } from "./limits.ts";

export type DecodedBody =
  | { readonly kind: "object"; readonly value: Record<string, unknown> }
  | { readonly kind: "too_large" }
  /** `type` names what is wrong with the body, in the manner of a field's error. */
  | {
      readonly kind: "unfit";
      readonly type: "json_invalid" | "json_depth" | "json_number" | "string_unicode" | "model_type";
      readonly loc: readonly (string | number)[];
      readonly msg: string;
    };

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

type Parsed = Extract<StrictJson, { kind: "value" | "inexact" }>;

const parsed = (text: string): Parsed | null => {
  if (nestsDeeper(text, JSON_DEPTH * 10)) return null;
  const json = parseStrictJson(text);
  return json.kind === "value" || json.kind === "inexact" ? json : null;
};

const fromBase64 = (text: string): string | null => {
  const compact = text.replaceAll(/\s/g, "");
  if (!BASE64.test(compact)) return null;
  try {
    const binary = atob(compact.replaceAll("-", "+").replaceAll("_", "/"));
    return utf8Text(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  } catch {
    return null;
  }
};

const decoded = (text: string): (Parsed & { readonly source: string }) | null => {
  const inner = fromBase64(text);
  const unwrapped = inner === null ? null : parsed(inner);
  if (inner !== null && unwrapped !== null) return { ...unwrapped, source: inner };
  const plain = parsed(text);
  return plain === null ? null : { ...plain, source: text };
};

/**
 * A JSON object from a body's bytes. Base64 of JSON is tried first, then JSON itself:
 * a gateway may deliver either.
 */
export const decodeBody = (bytes: Uint8Array): DecodedBody => {
  const text = utf8Text(bytes);
  if (text === null) return { kind: "unfit", type: "json_invalid", loc: [], msg: "The body is not UTF-8" };
  const found = decoded(text);
  if (found === null) {
    if (bytes.byteLength > PAYLOAD_BYTES) return { kind: "too_large" };
    return nestsDeeper(text, JSON_DEPTH)
      ? { kind: "unfit", type: "json_depth", loc: [], msg: `The body nests deeper than ${JSON_DEPTH} levels` }
      : { kind: "unfit", type: "json_invalid", loc: [], msg: "The body is neither JSON nor base64 of JSON" };
  }
  if (new TextEncoder().encode(found.source).byteLength > PAYLOAD_BYTES) return { kind: "too_large" };
  if (nestsDeeper(found.source, JSON_DEPTH))
    return {
      kind: "unfit",
      type: "json_depth",
      loc: [],
      msg: `The body nests deeper than ${JSON_DEPTH} levels`,
    };
  if (found.kind === "inexact")
    return {
      kind: "unfit",
      type: found.what === "number" ? "json_number" : "string_unicode",
      loc: found.path,
      msg: `A value ${found.problem}`,
    };
  const { value } = found;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { kind: "unfit", type: "model_type", loc: [], msg: "The body must be a JSON object" };
  return { kind: "object", value: value as Record<string, unknown> };
};
