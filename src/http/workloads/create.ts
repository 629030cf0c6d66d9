import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import { quotaSubjectOf } from "../../domain/access/caller.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { bucketKeys } from "../../domain/keys.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import type { QuotaUsage } from "../../domain/quota/quota.ts";
import { clientKeyOf } from "../../domain/runs/client-key.ts";
import { createReservation, makeJob, NotMade, OverQuota } from "../../domain/submission/reservation.ts";
import type { Subscription } from "../../domain/webhooks/endpoint.ts";
import { newWorkloadJob } from "../../domain/workloads/new-job.ts";
import { type Params, readParams } from "../../domain/workloads/params.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import { promisedBytes, readPromises, type UploadPromises } from "../../domain/workloads/upload-promises.ts";
import type { Operation } from "../kit/face.ts";
import { goingOn } from "../kit/going-on.ts";
import { idempotencyKeyOf, idempotently, isIdempotencyKey } from "../kit/idempotency.ts";
import { takes } from "../kit/request-headers.ts";
import { traceOf } from "../kit/trace.ts";
import { type Call, called } from "./call.ts";
import { envelope, jobNotFound, unprocessable, workloadError } from "./envelope.ts";
import { createdData } from "./job-data.ts";
import { readObject } from "./read-object.ts";
import { exampleOf, jsonBody, responses, schemasOf } from "./schemas.ts";

/** What a client asked for, read and found good. */
type Order = {
  readonly params: Params;
  readonly promises: UploadPromises;
  readonly webhookUrl: string | null;
  readonly webhooks: readonly Subscription[];
  /** What the client checks its webhooks with. */
  readonly webhookSecret: string | null;
};

const subscribed = async (
  { c, deps, owner }: Call,
  given: Pick<Order, "params" | "promises">,
  webhookUrl: unknown,
): Promise<Order | Response> => {
  const webhooks = deps.webhookSubscriptions;
  if (webhookUrl === undefined || webhookUrl === null || webhookUrl === "")
    return { ...given, webhookUrl: null, webhooks, webhookSecret: null };
  if (owner === null)
    return workloadError(c, deps, {
      code: 403,
      message: "Only a job that is made with a key may name a webhook_url",
    });
  const refuse = (message: string): Response => unprocessable(c, deps, [{ field: "webhook_url", message }]);
  if (typeof webhookUrl !== "string") return refuse("must be text");
  const outcome = await deps.clientWebhooks.subscribe(webhookUrl, owner);
  if (outcome.kind === "refused") return refuse(outcome.message);
  const { subscription, secret } = outcome;
  return { ...given, webhookUrl, webhooks: [...webhooks, subscription], webhookSecret: secret };
};

const readOrder = async (call: Call): Promise<Order | Response> => {
  const { c, deps, workload } = call;
  const body = await readObject(call);
  if (body instanceof Response) return body;
  const { webhook_url: webhookUrl, uploads, ...given } = body;
  const outcome = readParams(workload, c.req.query(), given);
  if (outcome.kind === "refused") return unprocessable(c, deps, outcome.errors);
  const promised = readPromises(workload, uploads);
  if (promised.kind === "refused") return unprocessable(c, deps, promised.errors);
  const { promises } = promised;
  return subscribed(call, { params: outcome.params, promises }, webhookUrl);
};

type Made =
  | { readonly kind: "created"; readonly job: JobHandle; readonly snapshot: JobSnapshot }
  | { readonly kind: "over_quota"; readonly usage: QuotaUsage };

const make = async (
  { c, deps, workload, owner, caller }: Call,
  { params, promises, webhooks }: Order,
  jobId: string,
): Promise<Made> => {
  const job = deps.jobs.byId(jobId);
  const { objectId } = job;
  const clientKey = owner === null ? null : quotaSubjectOf(caller, null);
  const made = { jobId, objectId, owner, clientKey, trace: traceOf(c), now: deps.now() };
  const request = { ...made, workload, params, promises, webhooks };
  const reservation = clientKey === null ? null : createReservation(deps, clientKey, objectId);
  try {
    await reservation?.take(promisedBytes(workload, promises));
    return { kind: "created", job, snapshot: await makeJob(job, await newWorkloadJob(deps, request)) };
  } catch (error) {
    if (error instanceof OverQuota) return { kind: "over_quota", usage: error.usage };
    if (error instanceof NotMade) {
      await deps.bucket.removeAll(bucketKeys.prefix(objectId));
      await reservation?.release();
    }
    throw error;
  }
};

const answer = async (
  { c, deps }: Call,
  order: Order,
  job: JobHandle,
  snapshot: JobSnapshot,
): Promise<Response> => {
  const secret = order.webhookSecret === null ? {} : { webhook_secret: order.webhookSecret };
  return envelope(c, deps, { ...(await createdData(deps, job, snapshot)), ...secret }, snapshot.id);
};

/** The job, or that its owner has no room for another one; then nothing of it is stored. */
const answerMade = (call: Call, order: Order, made: Made): Response | Promise<Response> => {
  if (made.kind === "created") return answer(call, order, made.job, made.snapshot);
  const { refusal } = made.usage;
  return workloadError(call.c, call.deps, {
    code: 429,
    message: refusal?.reason ?? "Over the quota",
    retryAfterSeconds: refusal?.retryAfterSeconds ?? 1,
  });
};

const replay = async (call: Call, order: Order, jobId: string): Promise<Response> => {
  const job = call.deps.jobs.byId(jobId);
  const snapshot = await job.snapshot();
  if (snapshot === null) return jobNotFound(call.c, call.deps);
  call.c.header("Idempotency-Replayed", "true");
  return answer(call, order, job, snapshot);
};

/** Whose keys are kept apart: a key's owner, or an address where nobody needs a key. */
const scopeOf = ({ c, workload, owner }: Call): string => {
  const client = owner ?? clientKeyOf(c.req.header("cf-connecting-ip")) ?? "anyone";
  return `workloads ${workload.path} ${client}`;
};

/** What two requests under one key must have in common; uploads that nobody named leave it as it ever was. */
const termsOf = ({ params, webhookUrl, promises }: Order): unknown[] =>
  Object.keys(promises).length === 0 ? [params, webhookUrl] : [params, webhookUrl, promises];

const createOnce = async (call: Call, order: Order, key: string): Promise<Response> => {
  const { c, deps } = call;
  const fingerprint = await deps.ids.hashOf(JSON.stringify(termsOf(order)));
  const under = { scope: scopeOf(call), key, jobId: deps.ids.jobId() };
  const work = idempotently(deps.idempotencyKeys, deps.ids, under, {
    run: async (jobId) => {
      const value = await make(call, order, jobId);
      return { value, fingerprint, answer: value.kind === "created" ? jobId : null };
    },
    fingerprint: () => Promise.resolve(fingerprint),
  });
  const outcome = await goingOn(c, work);
  switch (outcome.kind) {
    case "fresh":
      return answerMade(call, order, outcome.value);
    case "replayed":
      return replay(call, order, outcome.answer);
    case "in_flight":
      return workloadError(c, deps, {
        code: 409,
        message: "A request with this Idempotency-Key is being handled; ask again",
        retryAfterSeconds: 1,
      });
    case "other_body":
      return workloadError(c, deps, {
        code: 422,
        message: "This Idempotency-Key was used with another body; use a new key for a new job",
      });
  }
};

const handle = async (call: Call): Promise<Response> => {
  const { c, deps } = call;
  const key = idempotencyKeyOf(c);
  if (key !== null && !isIdempotencyKey(key)) {
    const message = "Idempotency-Key must have 1 to 255 visible ASCII characters";
    return workloadError(c, deps, { code: 400, message });
  }
  const order = await readOrder(call);
  if (order instanceof Response) return order;
  if (key !== null) return createOnce(call, order, key);
  return answerMade(call, order, await make(call, order, deps.ids.jobId()));
};

const partsText = ({ inputs }: Workload): string =>
  inputs
    .map(({ name, contentTypes, maxBytes, isRequired, description }) => {
      const types = contentTypes.length === 0 ? "any type" : contentTypes.join(", ");
      return `- \`${name}\` (${isRequired ? "required" : "optional"}, ${types}, at most ${maxBytes} bytes) ${description}`;
    })
    .join("\n");

/** The parts for programs that make a form of the description. */
const partsOf = ({ inputs }: Workload) =>
  inputs.map(({ name, contentTypes, maxBytes, isRequired, description }) => ({
    name,
    content_types: contentTypes,
    max_bytes: maxBytes,
    required: isRequired,
    description,
  }));

export const create = (deps: Deps, workload: Workload, operationId: string): Operation<Caller> => {
  const schemas = schemasOf(workload);
  return {
    contract: {
      method: "post",
      path: `/${workload.path}`,
      operationId,
      tags: [workload.path],
      "x-parts": partsOf(workload),
      summary: `Create a job: ${workload.summary}`,
      description:
        `${workload.description}\n\nParts to upload:\n\n${partsText(workload)}\n\n` +
        "Each part is one plain PUT of the file's bytes to its URL, not a form, with a `Content-Length`: the bucket " +
        "takes no chunked body. Params may also stand in the query. `Idempotency-Key` makes retries safe for 24 hours.",
      request: { headers: takes("Idempotency-Key"), body: jsonBody(schemas.params, exampleOf(workload)) },
      responses: responses("The job, and where to upload its parts", schemas.created, {
        400: "The body is no JSON object",
        403: "A webhook_url wants credentials",
        409: "A request with this Idempotency-Key is being handled",
        413: "The body is too large",
        415: "The body is not application/json",
        429: "The key's owner is over the quota; Retry-After says when to ask again",
        422: "The params do not fit; `errors` names them",
      }),
    },
    handle: called(deps, workload, handle),
  };
};
