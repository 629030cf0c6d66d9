import type { Context } from "hono";
import { z } from "zod";
import { parseStrictJsonBytes } from "../../domain/strict-json.ts";
import { REPORT_BODY_BYTES } from "../../wire/limits.ts";
import { bodyOf, readBytes } from "../kit/body.ts";
import { refuse } from "./attempt-of.ts";

/** A length that was told holds for the body too, which is then read in one go instead of by its pieces. */
const readWithin = async (c: Context, maxBytes: number): Promise<Uint8Array | null> => {
  const length = c.req.header("content-length");
  if (length === undefined) return readBytes(bodyOf(c), maxBytes);
  return Number(length) <= maxBytes ? new Uint8Array(await c.req.raw.arrayBuffer()) : null;
};

/**
 * An executor's body: bounded, JSON, and fitting the schema; else the answer that refuses it. `seen` is
 * given the bytes as they came.
 */
export const boundedJson = async <T>(
  c: Context,
  schema: z.ZodType<T>,
  seen: (bytes: Uint8Array) => void = () => undefined,
): Promise<T | Response> => {
  const bytes = await readWithin(c, REPORT_BODY_BYTES);
  if (bytes === null) return refuse(c, 413, "too_large", `a body ends at ${REPORT_BODY_BYTES} bytes`);
  seen(bytes);
  const json = parseStrictJsonBytes(bytes);
  if (json.kind !== "value") return refuse(c, 400, "invalid", "the body is not JSON, or not UTF-8");
  const parsed = schema.safeParse(json.value);
  if (!parsed.success) return refuse(c, 400, "invalid", z.prettifyError(parsed.error).slice(0, 1_000));
  return parsed.data;
};
