import type { Deps } from "../../deps/types.ts";
import { VERSION } from "../../domain/version.ts";
import { health as healthAnswer } from "../../wire/service-answers.ts";
import type { RunOperation } from "./face.ts";
import { executorsShown } from "./pool-summary.ts";
import { jsonResponse, named } from "./schemas.ts";

const healthSchema = named("Health", healthAnswer);

export const health = (deps: Deps): RunOperation => ({
  isOpen: true,
  contract: {
    method: "get",
    path: "/health",
    operationId: "getHealth",
    tags: ["runs"],
    summary: "Whether the service answers, and how its executor is",
    responses: { 200: jsonResponse("The service is up", healthSchema) },
  },
  handle: async (c) => {
    const { workerId, status, isolation, accounting } = await executorsShown(deps);
    return c.json({
      status: "healthy" as const,
      version: VERSION,
      worker_id: workerId ?? (await deps.containersKey()),
      executor: { status, isolation, accounting },
    });
  },
});
