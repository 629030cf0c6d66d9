import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Server, type ServerContext } from "@modelcontextprotocol/server";
import type { Connection } from "../connection.ts";
import { CommandFailed } from "../failure.ts";
import { VERSION } from "../version.ts";

/** Longer than any tool of the service waits. */
const ANSWER_MS = 600_000;
const INFO = { name: "sandpiper", version: VERSION };

/** The service's tools over HTTP, as this user. @throws CommandFailed where it does not answer */
export const connectUpstream = async ({ url, key }: Connection): Promise<Client> => {
  const client = new Client(INFO, { versionNegotiation: { mode: "auto" } });
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  try {
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandFailed(`${url}/mcp does not answer as it should: ${why}`);
  }
  return client;
};

/** Tells the agent of the service's progress, where it asked for it; `told` settles when all of it went out. */
const progressOf = ({ mcpReq: { _meta: meta, notify } }: ServerContext) => {
  const progressToken = meta?.progressToken;
  let told = Promise.resolve();
  if (progressToken === undefined) return { options: {}, told: () => told };
  const options = {
    onprogress: (progress: {
      progress: number;
      total?: number | undefined;
      message?: string | undefined;
    }): void => {
      const params = { ...progress, progressToken };
      // An agent that went away is told nothing more; its signal ends the call.
      const telling = notify({ method: "notifications/progress", params }).catch(() => undefined);
      told = Promise.all([told, telling]).then(() => undefined);
    },
  };
  return { options, told: () => told };
};

/** A server whose tools are those of the service: what is cancelled here is cancelled there. */
export const bridgeServer = (upstream: Client): Server => {
  const instructions = upstream.getInstructions();
  const server = new Server(INFO, {
    capabilities: { tools: {} },
    ...(instructions === undefined ? {} : { instructions }),
  });
  server.setRequestHandler("tools/list", ({ params }, { mcpReq: { signal } }) =>
    upstream.request({ method: "tools/list", params: params ?? {} }, { signal }),
  );
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const progress = progressOf(ctx);
    const answer = await upstream.request(
      { method: "tools/call", params: { name: params.name, arguments: params.arguments ?? {} } },
      { signal: ctx.mcpReq.signal, timeout: ANSWER_MS, ...progress.options },
    );
    await progress.told();
    return answer;
  });
  return server;
};
