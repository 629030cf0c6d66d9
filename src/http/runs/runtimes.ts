import type { Deps } from "../../deps/types.ts";
import { runtimesBody } from "../../domain/languages/runtimes.ts";
import { runtimes as runtimesAnswer } from "../../wire/service-answers.ts";
import type { RunOperation } from "./face.ts";
import { problem } from "./problem.ts";
import { jsonResponse, named, problemResponse } from "./schemas.ts";

const runtimesSchema = named("Runtimes", runtimesAnswer);

export const runtimes = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/runtimes",
    operationId: "listRuntimes",
    tags: ["runs"],
    summary: "Languages that a manifest may name, as executors have them",
    responses: {
      200: jsonResponse("The languages, by id", runtimesSchema),
      503: problemResponse("No executor answers"),
    },
  },
  handle: async ({ c }) => {
    const installed = (await deps.pool.capabilities())?.languages ?? null;
    if (installed !== null) return c.json(runtimesBody(installed));
    return problem(c, {
      code: "unavailable",
      error: "No executor answers; try again",
      retryAfterSeconds: 5,
    });
  },
});
