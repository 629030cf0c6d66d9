import { z } from "@hono/zod-openapi";
import { claim } from "./claim-job.ts";
import { create } from "./create-job.ts";
import { list } from "./list-jobs.ts";
import { get, patch, put, remove } from "./one-job.ts";
import { type JobsOperation, jsonAnswer } from "./respond.ts";
import { json, problems } from "./schemas.ts";
import { changeSettings, readSettings } from "./settings.ts";
import { webhooks } from "./webhooks.ts";

/** Open to everyone, and touching nothing. */
const healthcheck: JobsOperation = {
  contract: () => ({
    method: "get",
    path: "/healthcheck",
    operationId: "healthcheckGet",
    tags: ["jobs"],
    summary: "Whether the service answers",
    responses: {
      200: { description: "It does", content: json(z.object({ status: z.literal("OK") })) },
      ...problems(500, 503),
    },
  }),
  handler: (request) => jsonAnswer(request, { status: "OK" }, 200),
  isOpen: true,
};

/** Every operation of an app; the settings' only with a settings model. */
export const operationsOf = (hasSettings: boolean): readonly JobsOperation[] => [
  ...[create, claim, list, get, put, patch, remove, webhooks],
  ...(hasSettings ? [readSettings, changeSettings] : []),
  healthcheck,
];
