import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps.ts";
import { VERSION } from "../../domain/version.ts";
import type { Operation } from "../operation.ts";
import { jsonResponse } from "./schemas.ts";

const healthSchema = z
  .object({
    status: z.literal("healthy"),
    version: z.string(),
    worker_id: z.string().nullable(),
    executor: z.object({
      status: z.enum(["healthy", "draining", "unreachable"]),
      isolation: z.int().nullable(),
      accounting: z.string().nullable(),
    }),
  })
  .openapi("Health");

export const health = (deps: Deps): Operation => ({
  contract: {
    method: "get",
    path: "/health",
    operationId: "getHealth",
    tags: ["runs"],
    summary: "Whether the service answers, and how its executor is",
    responses: { 200: jsonResponse("The service is up", healthSchema) },
  },
  handler: async (c) => {
    const executor = await deps.executor.health();
    return c.json({
      status: "healthy" as const,
      version: VERSION,
      worker_id: executor?.workerId ?? null,
      executor: {
        status: executor?.status ?? "unreachable",
        isolation: executor?.isolation ?? null,
        accounting: executor?.accounting ?? null,
      },
    });
  },
});
