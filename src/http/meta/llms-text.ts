import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { Operation } from "../kit/face.ts";

const textOf = (url: string): string => `# Sandpiper

> Runs programs in sandboxes without network and gives back what they print and make. No account is needed:
> whoever holds a run's job_id holds the run.

Agents that speak the Model Context Protocol connect to ${url}/mcp (Streamable HTTP). Everybody else calls the
HTTP API. One request runs a program and waits for its end, at most 60 s:

    curl -s ${url}/submit -H 'Content-Type: application/json' -H 'Prefer: wait=60' \\
      -d '{"code": "print(6 * 7)", "interpreter": "python3"}'

The answer has job_id, status, exit_code, stdout and stderr. A 429 says in retry_after how many seconds to wait.

## API

- [Description of every operation](${url}/openapi/openapi.json): OpenAPI 3.1
- [The same as YAML](${url}/openapi/schema)
- [Environments](${url}/environments): packages that a run may use; nothing can be installed in it
- [Your quota](${url}/stats)

## A run

- POST ${url}/submit: JSON \`{code, interpreter, environment, args, stdin, timeout, ...}\`, or multipart with \`files\`
  and \`manifest\`
- GET ${url}/status/{job_id}: state and figures; \`?include=output\` adds what it printed
- GET ${url}/logs/{job_id}/events: what it prints, live, as Server-Sent Events
- GET ${url}/outputs/{job_id}: the files that it made; each is at ${url}/outputs/{job_id}/{path}
- POST ${url}/cancel/{job_id}: stops it
`;

/** What the service is, for models that read `llms.txt` (llmstxt.org). */
export const llmsText = ({ publicUrl }: Pick<Deps, "publicUrl">): Operation<Caller> => ({
  isOpen: true,
  contract: {
    method: "get",
    path: "/llms.txt",
    operationId: "getLlmsText",
    tags: ["agents"],
    summary: "What agents need to know of this service, as text",
    responses: { 200: { description: "The text", content: { "text/plain": { schema: z.string() } } } },
  },
  handle: (c) => c.text(textOf(publicUrl), 200, { "Content-Type": "text/plain; charset=utf-8" }),
});
