import type { Deps } from "../../deps/types.ts";
import { VERSION } from "../../domain/version.ts";
import { health as healthAnswer } from "../../wire/service-answers.ts";
import type { RunOperation } from "./face.ts";
import { jsonResponse, named } from "./schemas.ts";

const healthSchema = named("Health", healthAnswer);

export const health = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/health",
    operationId: "getHealth",
    tags: ["runs"],
    summary: "Whether the service answers, and how its executor is",
    responses: { 200: jsonResponse("The service is up", healthSchema) },
  },
  handle: async ({ c }) => {
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
