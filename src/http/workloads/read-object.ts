import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { readBounded } from "../read-bounded.ts";
import { workloadError } from "./envelope.ts";

const BODY_BYTES = 64 * 1_024;

const isJson = (contentType: string): boolean =>
  /^application\/(?:[\w.-]+\+)?json\s*(;|$)/i.test(contentType);

const objectOf = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
};

/** A body that is a JSON object, `{}` where there is none; else the answer that refuses it. */
export const readObject = async (
  c: Context,
  deps: Deps,
): Promise<Readonly<Record<string, unknown>> | Response> => {
  const text = await readBounded(c.req.raw.body, BODY_BYTES);
  if (text === null)
    return workloadError(c, deps, { code: 413, message: `A body ends at ${BODY_BYTES} bytes` });
  if (text.trim() === "") return {};
  if (!isJson(c.req.header("content-type") ?? ""))
    return workloadError(c, deps, { code: 415, message: "The body must be application/json" });
  return (
    objectOf(text) ?? workloadError(c, deps, { code: 400, message: "The body is not a valid JSON object" })
  );
};
