import type { Deps } from "../../deps/types.ts";
import { runtimesBody } from "../../domain/languages/runtimes.ts";
import { runtimes as runtimesAnswer } from "../../wire/service-answers.ts";
import type { RunOperation } from "./face.ts";
import { jsonResponse, named } from "./schemas.ts";

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
    },
  },
  handle: async ({ c }) => {
    const { languages } = await deps.pool.capabilities();
    return c.json(runtimesBody(languages));
  },
});
