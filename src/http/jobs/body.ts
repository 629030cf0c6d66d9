import { decodeBody } from "../../domain/typed-jobs/decode-body.ts";
import { BASE64_BODY_BYTES } from "../../domain/typed-jobs/limits.ts";
import { bodyOf, readBytes } from "../kit/body.ts";
import { refuseCoding } from "../kit/json-body.ts";
import { type JobsRequest, problem, tooLarge, unfit } from "./respond.ts";

const isJson = (contentType: string | undefined): boolean =>
  /^application\/json\s*(;|$)/i.test(contentType ?? "");

/** The request's JSON object, or the answer that refuses the body: 413, 415 or 422. */
export const objectOf = async ({ c }: JobsRequest): Promise<Record<string, unknown> | Response> => {
  if (!isJson(c.req.header("content-type"))) return problem(c, 415, "The body must be application/json");
  const coded = refuseCoding(c);
  if (coded !== null) return problem(c, 415, coded.message);
  const bytes = await readBytes(bodyOf(c), BASE64_BODY_BYTES);
  const decoded = bytes === null ? ({ kind: "too_large" } as const) : decodeBody(bytes);
  switch (decoded.kind) {
    case "object":
      return decoded.value;
    case "too_large":
      return tooLarge(c);
    case "unfit":
      return unfit(c, [{ type: decoded.type, loc: decoded.loc, msg: decoded.msg }]);
  }
};
