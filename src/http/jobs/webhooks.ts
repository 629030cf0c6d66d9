import { webhookEventOf } from "../../domain/typed-jobs/announcement.ts";
import { readOne } from "../../domain/typed-jobs/commands.ts";
import { contextOf, type JobsHandler, type JobsOperation, jsonAnswer, noSuchJob } from "./respond.ts";
import { jobIdParams, json, problems } from "./schemas.ts";

/**
 * How far the webhooks of a job have come. A resource of its own,
 * because a job has eleven keys and no other.
 */
const getWebhooks: JobsHandler = async (request) => {
  const { c, deps } = request;
  const id = (c.req.param("job_id") ?? "").toLowerCase();
  const job = await readOne(contextOf(request), id);
  if (job === null) return noSuchJob(c);
  const type = webhookEventOf(job.status);
  const isQuiet = type === null || job.webhooks.length === 0;
  const deliveries = isQuiet
    ? []
    : await deps.webhooks().deliveriesOf(job.webhooks, job.id, type, job.revision);
  return jsonAnswer(request, { Webhooks: deliveries }, 200);
};

export const webhooks: JobsOperation = {
  contract: (schemas) => ({
    method: "get",
    path: "/jobs/{job_id}/webhooks",
    operationId: "processingjobWebhooksGet",
    tags: ["jobs"],
    summary: "How far the webhooks of a job's end have come",
    request: { params: jobIdParams },
    responses: {
      200: { description: "The deliveries", content: json(schemas.webhooks) },
      ...problems(404),
    },
  }),
  handler: getWebhooks,
};
