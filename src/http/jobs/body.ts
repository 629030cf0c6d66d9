import { decodeBody } from "../../domain/typed-jobs/decode-body.ts";
import { BASE64_BODY_BYTES } from "../../domain/typed-jobs/limits.ts";
import { type JobsRequest, problem, tooLarge, unfit } from "./respond.ts";

const isJson = (contentType: string | undefined): boolean =>
  /^application\/json\s*(;|$)/i.test(contentType ?? "");

const bytesOf = async (body: ReadableStream<Uint8Array> | null): Promise<Uint8Array | null> => {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > BASE64_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
};

/** The request's JSON object, or the answer that refuses the body: 413, 415 or 422. */
export const bodyOf = async ({ c }: JobsRequest): Promise<Record<string, unknown> | Response> => {
  if (!isJson(c.req.header("content-type"))) return problem(c, 415, "The body must be application/json");
  const encoding = c.req.header("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") return problem(c, 415, "The body must not be compressed");
  const bytes = await bytesOf(c.req.raw.body);
  const decoded = bytes === null ? ({ kind: "too_large" } as const) : decodeBody(bytes);
  switch (decoded.kind) {
    case "object":
      return decoded.value;
    case "too_large":
      return tooLarge(c);
    case "unfit":
      return unfit(c, [{ type: decoded.type, loc: [], msg: decoded.msg }]);
  }
};
