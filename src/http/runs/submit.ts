import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { type Caller, quotaSubjectOf } from "../../domain/access/caller.ts";
import { acceptRun } from "../../domain/submission/accept-run.ts";
import { createFingerprint } from "../../domain/submission/fingerprint.ts";
import { jsonSource, multipartSource, type SubmissionSource } from "../../domain/submission/source.ts";
import { refuseDeclaredLength } from "../../uploads/index.ts";
import { jsonSubmission } from "../../wire/run-submission.ts";
import { bodyOf } from "../kit/body.ts";
import { readJson, refuseCoding } from "../kit/json-body.ts";
import type { Refusal } from "../kit/refusal.ts";
import { takes } from "../kit/request-headers.ts";
import { traceOf } from "../kit/trace.ts";
import type { RunOperation } from "./face.ts";
import { countingUploads } from "./large-uploads.ts";
import { jsonResponse, named, problemResponse, submittedSchema } from "./schemas.ts";
import { uploadProblem } from "./submit-answers.ts";
import { submitOnce, usableKey } from "./submit-once.ts";

/** Code and stdin of 1 MiB each, every byte escaped. */
const JSON_BYTES = 16 * 1_048_576;

const multipartBody = z.object({
  files: z.array(z.string().openapi({ format: "binary" })).openapi({
    description: "Files under their names, a .tar.gz, a .zip, or files as text in one part; at most 100 MiB.",
  }),
  manifest: z.string().optional().openapi({ description: "JSON text; see the JSON body for its fields." }),
});

const jsonBody = named("JsonSubmission", jsonSubmission);

const isJson = (contentType: string): boolean =>
  /^application\/(?:[\w.-]+\+)?json\s*(;|$)/i.test(contentType);

type Refuse = (refusal: Refusal) => Response;

const jsonSourceOf = async (c: Context, refuse: Refuse): Promise<SubmissionSource | Response> => {
  const body = await readJson(c, JSON_BYTES);
  if (body.kind === "refused") return refuse(body.refusal);
  if (body.kind === "json") return jsonSource(body.value, body.text);
  return refuse({ code: "invalid_request", message: "The body is not valid JSON; it is empty" });
};

const sourceOf = async (c: Context, refuse: Refuse): Promise<SubmissionSource | Response> => {
  const contentType = c.req.header("content-type") ?? "";
  const tooLarge = refuseDeclaredLength(c.req.header("content-length"));
  if (tooLarge !== null) return uploadProblem(c, tooLarge);
  if (isJson(contentType)) return jsonSourceOf(c, refuse);
  const coded = refuseCoding(c);
  if (coded !== null) return refuse(coded);
  const body = bodyOf(c);
  if (body !== null) return multipartSource(body, contentType);
  return refuse({ code: "invalid_upload", message: "No files uploaded; the request has no body" });
};

type Client = { readonly owner: string | null; readonly clientKey: string };

const handle = async (c: Context, deps: Deps, caller: Caller, refuse: Refuse): Promise<Response> => {
  const clientKey = quotaSubjectOf(caller, c.req.header("cf-connecting-ip"));
  if (clientKey === null)
    return refuse({ code: "invalid_request", message: "CF-Connecting-IP is not an address" });
  const client = { owner: caller.owner, clientKey };
  return countingUploads(c, deps, clientKey, refuse, () => accept(c, deps, client, refuse));
};

const accept = async (c: Context, deps: Deps, client: Client, refuse: Refuse): Promise<Response> => {
  const { clientKey } = client;
  const key = usableKey(c);
  if (key instanceof Response) return key;
  const source = await sourceOf(c, refuse);
  if (source instanceof Response) return source;
  const fingerprint = key === null ? null : createFingerprint(deps.sha256);
  return submitOnce(c, deps, clientKey, key, {
    run: (id, mayBeThere) =>
      acceptRun(deps, {
        id,
        ...client,
        source,
        trace: traceOf(c),
        mayBeThere,
        ...(fingerprint === null ? {} : { fingerprint }),
      }),
    fingerprint: async (outcome) => {
      if (outcome !== null) return fingerprint?.of(outcome.rest) ?? null;
      const read = await source(async (part) => fingerprint?.note(part));
      return read.kind === "ok" ? (fingerprint?.of(read.rest) ?? null) : null;
    },
  });
};

export const submit = (deps: Deps): RunOperation => ({
  contract: {
    method: "post",
    path: "/submit",
    operationId: "submitRun",
    tags: ["runs"],
    summary: "Submit a program with its files",
    description:
      "`Prefer: wait=n` (at most 60) answers with the whole status when the run ends, or after n seconds. " +
      "`Idempotency-Key` makes retries safe for 24 hours: the same key and body give the same run.",
    request: {
      headers: takes("Prefer", "Idempotency-Key"),
      body: {
        required: true,
        content: {
          "multipart/form-data": { schema: multipartBody },
          "application/json": { schema: jsonBody, example: { code: "print(6 * 7)\n" } },
        },
      },
    },
    responses: {
      200: jsonResponse("The run is accepted", submittedSchema),
      400: problemResponse("Upload or manifest cannot be used; `details` names the fields"),
      409: problemResponse("A request with this Idempotency-Key is being handled"),
      413: problemResponse("Over 100 MiB"),
      415: problemResponse("Neither multipart/form-data nor application/json"),
      422: problemResponse("The Idempotency-Key was used with another body"),
      429: problemResponse("Over the quota; `retry_after` says when this rule passes"),
      503: problemResponse("Too many runs wait, or the service is closed"),
    },
  },
  handle: ({ c, face, caller }) => handle(c, deps, caller, (refusal) => face.refuse(c, refusal)),
});
