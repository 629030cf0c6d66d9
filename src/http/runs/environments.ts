import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps.ts";
import { problem } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { jsonResponse, problemResponse } from "./schemas.ts";

const environmentsSchema = z
  .object({
    templates: z.array(z.string()),
    stats: z.object({
      total_templates: z.int(),
      cached_environments: z.int(),
      total_uses: z.int(),
      disk_usage_mb: z.int(),
    }),
    environments: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        interpreters: z.array(z.string()),
        packages: z.array(z.string()),
        disk_bytes: z.int(),
        uses: z.int(),
      }),
    ),
  })
  .openapi("Environments");

export const environments = (deps: Deps): Operation => ({
  contract: {
    method: "get",
    path: "/environments",
    operationId: "listEnvironments",
    tags: ["runs"],
    summary: "Environments that a manifest may name, as the executor has them",
    responses: {
      200: jsonResponse("The environments", environmentsSchema),
      503: problemResponse("No executor answers"),
    },
  },
  handler: async (c) => {
    const known = await deps.executor.environments();
    if (known === null) {
      return problem(c, {
        code: "unavailable",
        error: "No executor answers; try again",
        retryAfterSeconds: 5,
      });
    }
    const sorted = [...known].sort((a, b) => (a.name < b.name ? -1 : 1));
    const total = (pick: (one: (typeof sorted)[number]) => number): number =>
      sorted.reduce((sum, one) => sum + pick(one), 0);
    return c.json({
      templates: sorted.map((one) => one.name),
      stats: {
        total_templates: sorted.length,
        cached_environments: sorted.length,
        total_uses: total((one) => one.uses),
        disk_usage_mb: Math.ceil(total((one) => one.diskBytes) / 1_048_576),
      },
      environments: sorted.map(({ diskBytes, ...one }) => ({ ...one, disk_bytes: diskBytes })),
    });
  },
});
