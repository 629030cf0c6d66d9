import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps.ts";
import { clientKeyOf } from "../../domain/runs/client-key.ts";
import { statusWord } from "../../domain/status-words.ts";
import { acceptRun } from "../../domain/submission/accept-run.ts";
import { jsonSource, multipartSource, type SubmissionSource } from "../../domain/submission/source.ts";
import type { SubmissionOutcome } from "../../domain/submission/types.ts";
import { refuseDeclaredLength } from "../../domain/uploads/read-upload.ts";
import type { UploadRefusal } from "../../domain/uploads/types.ts";
import { jsonSubmission } from "../../wire/run-submission.ts";
import { type ErrorCode, problem } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { readBounded } from "../read-bounded.ts";
import { rateLimitHeaders } from "./rate-limit-headers.ts";
import { jsonResponse, named, problemResponse, submittedSchema } from "./schemas.ts";
import { queuePositionOf } from "./status.ts";

/** Code and stdin of 1 MiB each, every byte escaped. */
const JSON_BYTES = 16 * 1_048_576;

const multipartBody = z.object({
  files: z.array(z.string().openapi({ format: "binary" })).openapi({
    description: "Files under their names, a .tar.gz, a .zip, or files as text in one part; at most 100 MiB.",
  }),
  manifest: z.string().optional().openapi({ description: "JSON text; see the JSON body for its fields." }),
});

const jsonBody = named("JsonSubmission", jsonSubmission);

const uploadCode = (refusal: UploadRefusal): ErrorCode => {
  if (refusal.code === "too_large") return "too_large";
  return refusal.code === "unsupported_media_type" ? "unsupported_media_type" : "invalid_upload";
};

const uploadProblem = (c: Context, refusal: UploadRefusal): Response => {
  const { message, field } = refusal;
  const details = field === undefined ? {} : { details: [{ field, message }] };
  return problem(c, { code: uploadCode(refusal), error: message, ...details });
};

const answer = async (c: Context, deps: Deps, outcome: SubmissionOutcome): Promise<Response> => {
  switch (outcome.kind) {
    case "accepted": {
      const { snapshot, usage } = outcome;
      const position = await queuePositionOf(deps, snapshot);
      const body = {
        job_id: snapshot.id,
        status: statusWord("runs", snapshot.state),
        queue_position: position,
        position,
      };
      return c.json(body, 200, rateLimitHeaders(deps.quotaRules, usage));
    }
    case "over_quota": {
      const { usage } = outcome;
      for (const [name, value] of Object.entries(rateLimitHeaders(deps.quotaRules, usage)))
        c.header(name, value);
      return problem(c, {
        code: "rate_limited",
        error: "Rate limit exceeded",
        retryAfterSeconds: usage.refusal?.retryAfterSeconds ?? 1,
        extra: {
          reason: usage.refusal?.reason ?? "",
          cpu_available: usage.availableCpuSeconds,
          active_jobs: usage.activeJobs,
        },
      });
    }
    case "bad_upload":
      return uploadProblem(c, outcome.refusal);
    case "bad_fields": {
      const [first] = outcome.errors;
      const where = first?.field ? `${first.field} ` : "";
      return problem(c, {
        code: "invalid_manifest",
        error: `${where}${first?.message ?? "The manifest does not fit"}`,
        details: outcome.errors,
      });
    }
    case "no_executor":
      return problem(c, {
        code: "unavailable",
        error: "The environment cannot be checked now; try again",
        retryAfterSeconds: 5,
      });
  }
};

const isJson = (contentType: string): boolean => /^application\/json\s*(;|$)/i.test(contentType);

const jsonSourceOf = async (c: Context): Promise<SubmissionSource | Response> => {
  const text = await readBounded(c.req.raw.body, JSON_BYTES);
  if (text === null)
    return problem(c, { code: "too_large", error: "A JSON submission ends at 16 MiB; send an upload" });
  try {
    return jsonSource(JSON.parse(text));
  } catch {
    return problem(c, { code: "invalid_request", error: "The body is not valid JSON" });
  }
};

const sourceOf = async (c: Context): Promise<SubmissionSource | Response> => {
  const contentType = c.req.header("content-type") ?? "";
  const { body } = c.req.raw;
  const tooLarge = refuseDeclaredLength(c.req.header("content-length"));
  if (tooLarge !== null) return uploadProblem(c, tooLarge);
  if (body === null)
    return problem(c, { code: "invalid_upload", error: "No files uploaded; the request has no body" });
  return isJson(contentType) ? jsonSourceOf(c) : multipartSource(body, contentType);
};

export const submit = (deps: Deps): Operation => ({
  contract: {
    method: "post",
    path: "/submit",
    operationId: "submitRun",
    tags: ["runs"],
    summary: "Submit a program with its files",
    request: {
      body: {
        required: true,
        content: {
          "multipart/form-data": { schema: multipartBody },
          "application/json": { schema: jsonBody },
        },
      },
    },
    responses: {
      200: jsonResponse("The run is accepted", submittedSchema),
      400: problemResponse("Upload or manifest cannot be used; `details` names the fields"),
      413: problemResponse("Over 100 MiB"),
      415: problemResponse("Neither multipart/form-data nor application/json"),
      429: problemResponse("Over the quota; `retry_after` says when this rule passes"),
      503: problemResponse("No executor answers"),
    },
  },
  handler: async (c) => {
    const client = clientKeyOf(c.req.header("cf-connecting-ip"));
    if (client === null) {
      return problem(c, { code: "invalid_request", error: "CF-Connecting-IP is not an address" });
    }
    const source = await sourceOf(c);
    if (source instanceof Response) return source;
    return answer(c, deps, await acceptRun(deps, client, source));
  },
});
