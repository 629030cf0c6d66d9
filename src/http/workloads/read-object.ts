import { readJson } from "../kit/json-body.ts";
import type { Call } from "./call.ts";

const BODY_BYTES = 64 * 1_024;

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A body that is a JSON object, `{}` where there is none; else the answer that refuses it. */
export const readObject = async ({ c, refuse }: Call): Promise<JsonObject | Response> => {
  const body = await readJson(c, BODY_BYTES);
  if (body.kind === "refused") return refuse(body.refusal);
  if (body.kind === "none") return {};
  if (isObject(body.value)) return body.value;
  return refuse({ code: "invalid_request", message: "The body is not a valid JSON object" });
};
