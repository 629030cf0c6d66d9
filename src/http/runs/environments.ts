import type { Deps } from "../../deps/types.ts";
import { environments as environmentsAnswer } from "../../wire/service-answers.ts";
import type { RunOperation } from "./face.ts";
import { jsonResponse, named } from "./schemas.ts";

const environmentsSchema = named("Environments", environmentsAnswer);

export const environments = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/environments",
    operationId: "listEnvironments",
    tags: ["runs"],
    summary: "Environments that a manifest may name, as the executor has them",
    responses: {
      200: jsonResponse("The environments", environmentsSchema),
    },
  },
  handle: async ({ c }) => {
    const { environments: known } = await deps.pool.capabilities();
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
