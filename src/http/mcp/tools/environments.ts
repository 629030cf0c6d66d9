import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { runtimesBody } from "../../../domain/languages/runtimes.ts";
import type { AgentCall } from "../call.ts";

const environment = z.object({
  name: z.string(),
  description: z.string(),
  interpreters: z.array(z.string()),
  packages: z.array(z.string()),
});

const language = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  compiled: z.boolean(),
  source_file: z.string(),
});

export const addEnvironmentTool = (server: McpServer, { deps }: AgentCall): void => {
  server.registerTool(
    "list_environments",
    {
      title: "List environments and languages",
      description:
        "Sets of packages that run_code and run_files take as `environment`, and languages that they take as " +
        "`language`. Nothing can be installed in a run.",
      inputSchema: z.object({}),
      outputSchema: z.object({ environments: z.array(environment), languages: z.array(language) }),
      annotations: { readOnlyHint: true },
    },
    async () => {
      const { environments: known, languages: installed } = await deps.pool.capabilities();
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
      const { languages } = runtimesBody(installed);
      const offered = languages.map(({ id, name, version }) => `${id}: ${name} ${version}`);
      const text = `Environments\n${lines.join("\n")}\nLanguages\n${offered.join("\n")}`;
      return { content: [{ type: "text", text }], structuredContent: { environments, languages } };
    },
  );
};
