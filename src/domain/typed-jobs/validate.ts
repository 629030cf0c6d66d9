import type { z } from "zod";
import { jsonText } from "./json.ts";
import { PAYLOAD_BYTES, utf8Bytes } from "./limits.ts";

/** One thing that does not fit; the value that was sent is never part of it (O17). */
export type FieldError = {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
};

const SHOWN_ERRORS = 100;
const SHOWN_NAME = 64;

const place = (part: PropertyKey): string | number =>
  typeof part === "number" ? part : String(part).slice(0, SHOWN_NAME);

/** Zod's issues in the face's form. Names of unknown fields are input, so they are not repeated. */
export const fieldErrors = (
  error: z.core.$ZodError,
  where: readonly (string | number)[] = [],
): FieldError[] =>
  error.issues.slice(0, SHOWN_ERRORS).map((issue) => ({
    type: issue.code,
    loc: [...where, ...issue.path.map(place)],
    msg: issue.code === "unrecognized_keys" ? "Unknown fields are not allowed here" : issue.message,
  }));

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
