import { quotaSubjectOf } from "../../domain/access/caller.ts";
import { clientKeyOf } from "../../domain/runs/client-key.ts";
import type { NewTypedJob, TypedJob } from "../../domain/typed-jobs/job.ts";
import { jsonText, responseText } from "../../domain/typed-jobs/json.ts";
import { MESSAGE_BYTES } from "../../domain/typed-jobs/limits.ts";
import { queueMessage } from "../../domain/typed-jobs/message.ts";
import type { TypedJobHandle } from "../../domain/typed-jobs/ports.ts";
import { validatePayload } from "../../domain/typed-jobs/validate.ts";
import { idempotencyKeyOf, isIdempotencyKey } from "../kit/idempotency.ts";
import { takes } from "../kit/request-headers.ts";
import { objectOf } from "./body.ts";
import {
  type JobsHandler,
  type JobsOperation,
  type JobsRequest,
  jobAnswer,
  problem,
  tooLarge,
  unfit,
  viewOf,
} from "./respond.ts";
import { ETAG, jobIs, json, LOCATION, problems } from "./schemas.ts";
import { settingsSnapshot } from "./settings.ts";

const HOOK_MESSAGE_LENGTH = 1_000;

/** The answer of the deployer's hook to who asks; null lets the request pass. Whatever else it returns fails closed. */
const refusalOf = async ({ c, definition }: JobsRequest, body: Record<string, unknown>) => {
  const answer = await definition.authorize?.(body, c);
  if (answer === null || answer === undefined) return null;
  if (answer instanceof Response) return answer;
  throw new TypeError("authorizeJobRequest must return nothing, null or a Response");
};

const transformed = async ({ c, definition }: JobsRequest, body: Record<string, unknown>) => {
  if (definition.transform === null) return body;
  const payload = await definition.transform(body, c);
  if (typeof payload !== "object" || payload === null)
    throw new TypeError("transformJobRequest must return the payload");
  return JSON.parse(jsonText(payload));
};

/** The payload to store as JSON text, or the answer that refuses it. */
const payloadOf = async (request: JobsRequest, body: Record<string, unknown>): Promise<string | Response> => {
  const { c, definition } = request;
  const refused = await refusalOf(request, body);
  if (refused !== null) return refused;
  const received = await validatePayload(definition.request, body);
  if (received.kind === "too_large") return tooLarge(c);
  if (received.kind === "unfit") return unfit(c, received.errors);
  if (definition.transform === null) return received.json;
  const final = await validatePayload(definition.request, await transformed(request, body));
  if (final.kind === "too_large") return tooLarge(c);
  return final.kind === "unfit" ? unfit(c, final.errors) : final.json;
};

/** A key may be used by each client for itself; whoever has the service's credentials is one client. */
const scopeOf = ({ c, definition, caller }: JobsRequest): string =>
  caller.owner !== null
    ? `owner/${caller.owner}`
    : definition.auth === null
      ? (clientKeyOf(c.req.header("cf-connecting-ip")) ?? "anyone")
      : "";

/**
 * What a key makes of the request: the id, the same at each try, so that the job's object itself lets it be
 * made once, and a fingerprint of the body.
 */
const keyed = async (request: JobsRequest, key: string | null, body: unknown) => {
  const { ids } = request.deps;
  if (key === null) return { id: ids.jobId() };
  const hash = await ids.hashOf(JSON.stringify(["typed job", scopeOf(request), key]));
  const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  return { id, fingerprint: await ids.hashOf(responseText(body, true)) };
};

/** A `webhook_url` that no model asks for would be forgotten without a word. */
const strayWebhook = ({ definition }: JobsRequest, body: Record<string, unknown>): boolean =>
  Object.hasOwn(body, "webhook_url") && !Object.hasOwn(definition.request.shape, "webhook_url");

const isTooLongForQueue = (job: NewTypedJob, now: number): boolean =>
  job.queue !== null && queueMessage({ ...job, registeredAtMs: now }).length > MESSAGE_BYTES;

/** Calls the deployer's hook; what it throws is noted in the job. */
const afterHook = async (request: JobsRequest, handle: TypedJobHandle, job: TypedJob): Promise<TypedJob> => {
  const { c, deps, definition } = request;
  try {
    await definition.created?.({ jobId: job.id, job: viewOf(deps, job) }, c);
    return job;
  } catch (error) {
    deps.log.error("typed_jobs.hook_failed", error);
    const text = error instanceof Error ? error.message : String(error);
    const outcome = await handle.noteHookFailure(`ERROR - ${text}`.slice(0, HOOK_MESSAGE_LENGTH));
    return outcome.kind === "written" ? outcome.job : job;
  }
};

/** The answer to an owner who has had the jobs of an hour; null where the job may be made. */
const overQuota = async ({ c, deps, caller }: JobsRequest, jobId: string): Promise<Response | null> => {
  if (deps.quotas === null || caller.owner === null) return null;
  const { granted, usage } = await deps.quotas.count(quotaSubjectOf(caller, null) ?? "", `typed ${jobId}`);
  if (granted) return null;
  deps.tally("refusals", usage.refusal?.rule ?? "quota");
  c.header("Retry-After", String(usage.refusal?.retryAfterSeconds ?? 1));
  return problem(c, 429, usage.refusal?.reason ?? "Over the quota");
};

const createJob: JobsHandler = async (request) => {
  const { c, deps, definition } = request;
  const key = idempotencyKeyOf(c);
  if (key !== null && !isIdempotencyKey(key))
    return problem(c, 422, "Idempotency-Key must have 1 to 255 visible ASCII characters");
  const body = await objectOf(request);
  if (body instanceof Response) return body;
  if (strayWebhook(request, body)) {
    const msg = "A typed job takes no webhook_url; the service names its receivers in webhookEndpoints";
    return unfit(c, [{ type: "unrecognized_keys", loc: ["webhook_url"], msg }]);
  }
  const requestPayload = await payloadOf(request, body);
  if (requestPayload instanceof Response) return requestPayload;
  // A queue that is not bound is found out before anything is stored.
  if (definition.queue !== null) deps.queue(definition.queue);
  const settings = await settingsSnapshot(request);
  const { queue, retentionMs } = definition;
  const webhooks = deps.webhookSubscriptions(definition.webhookEndpoints);
  const job: NewTypedJob = {
    ...(await keyed(request, key, body)),
    owner: request.caller.owner,
    settings,
    requestPayload,
    queue,
    retentionMs,
    webhooks,
  };
  if (isTooLongForQueue(job, deps.now()))
    return problem(c, 413, "The job does not fit into a queue message, which ends at 128 KB");
  const refusal = await overQuota(request, job.id);
  if (refusal !== null) return refusal;
  const handle = deps.objects.byId(job.id);
  const outcome = await handle.create(job);
  if (outcome.kind === "too_large") return tooLarge(c);
  if (outcome.kind === "other_body")
    return problem(c, 422, "This Idempotency-Key was used with another body; use a new key for a new job");
  c.header("Location", `${definition.prefix}/jobs/${job.id}`);
  if (outcome.kind === "unsent")
    return problem(c, 503, "The queue did not take the job; Location names it, its status is error");
  if (outcome.kind === "present") {
    c.header("Idempotency-Replayed", "true");
    return jobAnswer(request, outcome.job, 201);
  }
  return jobAnswer(request, await afterHook(request, handle, outcome.job), 201);
};

export const create: JobsOperation = {
  contract: (schemas) => ({
    method: "post",
    path: "/jobs",
    operationId: "processingjoblistPost",
    tags: ["jobs"],
    summary: "Register a job",
    request: {
      headers: takes("Idempotency-Key"),
      body: { required: true, content: json(schemas.request) },
    },
    responses: {
      201: { ...jobIs(schemas), headers: { ...ETAG, ...LOCATION } },
      ...problems(413, 415, 422),
    },
  }),
  handler: createJob,
};
