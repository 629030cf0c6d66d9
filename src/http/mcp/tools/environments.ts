import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { AgentCall } from "../call.ts";
import { toolError } from "../run-answer.ts";

const environment = z.object({
  name: z.string(),
  description: z.string(),
  interpreters: z.array(z.string()),
  packages: z.array(z.string()),
});

export const addEnvironmentTool = (server: McpServer, { deps }: AgentCall): void => {
  server.registerTool(
    "list_environments",
    {
      title: "List environments",
      description:
        "Sets of packages that run_code and run_files take as `environment`. Nothing can be installed in a run.",
      inputSchema: z.object({}),
      outputSchema: z.object({ environments: z.array(environment) }),
      annotations: { readOnlyHint: true },
    },
    async () => {
      const known = (await deps.pool.capabilities())?.environments ?? null;
      if (known === null) return toolError("No executor answers; try again in 5 s.");
      const environments = known.map(({ name, description, interpreters, packages }) => ({
        name,
        description,
        interpreters: [...interpreters],
        packages: [...packages],
      }));
      const lines = environments.map(
        (one) =>
          `${one.name}: ${one.description} [${one.interpreters.join(", ")}] ${one.packages.join(", ")}`,
      );
      return { content: [{ type: "text", text: lines.join("\n") }], structuredContent: { environments } };
    },
  );
};
