import type { Context } from "hono";
import { z } from "zod";
import { REPORT_BODY_BYTES } from "../../wire/limits.ts";
import { readBounded } from "../read-bounded.ts";
import { refuse } from "./attempt-of.ts";

/** An executor's body: bounded, JSON, and fitting the schema; else the answer that refuses it. */
export const boundedJson = async <T>(c: Context, schema: z.ZodType<T>): Promise<T | Response> => {
  const text = await readBounded(c.req.raw.body, REPORT_BODY_BYTES);
  if (text === null) return refuse(c, 413, "too_large", `a body ends at ${REPORT_BODY_BYTES} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse(c, 400, "invalid", "the body is not JSON");
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return refuse(c, 400, "invalid", z.prettifyError(parsed.error).slice(0, 1_000));
  return parsed.data;
};
