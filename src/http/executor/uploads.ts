import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { uploadsRequest } from "../../wire/report.ts";
import { attemptOf, refuse } from "./attempt-of.ts";
import { boundedJson } from "./bounded-json.ts";

/** `POST /executor/attempts/{id}/uploads`: presigned PUT URLs for an attempt's outputs. */
export const uploads =
  (deps: Deps) =>
  async (c: Context): Promise<Response> => {
    const call = await attemptOf(c, deps);
    if (call instanceof Response) return call;
    const body = await boundedJson(c, uploadsRequest);
    if (body instanceof Response) return body;
    const urls = await call.job.grantUploads(call.id, call.bearer, body.files);
    if (urls === null) return refuse(c, 409, "stale_attempt", "the attempt does not hold the job");
    return c.json({ uploads: urls.map((url) => ({ url })) });
  };
