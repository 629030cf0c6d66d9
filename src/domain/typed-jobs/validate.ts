import type { z } from "zod";
import { type FieldError, fieldErrors } from "../../wire/typed-jobs.ts";
import { jsonText } from "./json.ts";
import { PAYLOAD_BYTES, utf8Bytes } from "./limits.ts";

export type Validated =
  | { readonly kind: "fits"; readonly json: string }
  | { readonly kind: "unfit"; readonly errors: readonly FieldError[] }
  | { readonly kind: "too_large" };

/** A payload validated by its model and written as the JSON that is stored. */
export const validatePayload = async (model: z.ZodType, value: unknown): Promise<Validated> => {
  const outcome = await model.safeParseAsync(value);
  if (!outcome.success) return { kind: "unfit", errors: fieldErrors(outcome.error) };
  const json = jsonText(outcome.data);
  return utf8Bytes(json) > PAYLOAD_BYTES ? { kind: "too_large" } : { kind: "fits", json };
};
