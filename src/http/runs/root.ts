import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import { VERSION } from "../../domain/version.ts";
import { service as serviceAnswer } from "../../wire/service-answers.ts";
import { consolePage, wantsPage } from "../meta/console-page.ts";
import type { RunOperation } from "./face.ts";
import { jsonResponse, named } from "./schemas.ts";

const rootSchema = named("Service", serviceAnswer);

export const root = ({ quotaRules, runRetentionMs, uploadOrigin }: Deps): RunOperation => ({
  isOpen: true,
  contract: {
    method: "get",
    path: "/",
    operationId: "getService",
    tags: ["runs"],
    summary: "What this service is; clients know it by `service`",
    responses: {
      200: {
        description: "The service; the console for a browser that asks for a page",
        content: { ...jsonResponse("", rootSchema).content, "text/html": { schema: z.string() } },
      },
    },
  },
  handle: (c) => {
    c.header("Vary", "Accept");
    if (wantsPage(c)) return consolePage(c, uploadOrigin);
    return c.json({
      service: "sandrun" as const,
      implementation: "sandpiper" as const,
      version: VERSION,
      status: "running",
      description: "Submit code, watch it run in a sandbox, download what it made.",
      privacy:
        "No account. A job is known by its id alone; it is deleted after its full download, or " +
        `${runRetentionMs / 60_000} minutes after it ended.`,
      limits:
        `${quotaRules.cpuSecondsPerMinute} CPU-seconds per minute, ${quotaRules.activeJobs} unfinished jobs, ` +
        `${quotaRules.jobsPerHour} jobs per hour`,
      documentation: "/openapi",
    });
  },
});
