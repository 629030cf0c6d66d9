import { z } from "@hono/zod-openapi";
import { createMcpHandler } from "@modelcontextprotocol/server";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { quotaSubjectOf } from "../../domain/access/caller.ts";
import { readJson } from "../kit/json-body.ts";
import { isPassing, PASSING_RETRY_SECONDS } from "../kit/passing.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced, traceOf } from "../kit/trace.ts";
import type { AgentCall } from "./call.ts";
import type { AgentOperation } from "./face.ts";
import { toolServer } from "./server.ts";
import { cancelledRequests, cancelRunOf, SESSION_HEADER, sessionOf } from "./session.ts";

/** Code, stdin and files of a project, every byte escaped. */
const BODY_BYTES = 16 * 1_048_576;

/** That a client has gone is seen when something is written to it. */
const KEEP_ALIVE_MS = 2_000;

const message = z.looseObject({ jsonrpc: z.literal("2.0") }).openapi("JsonRpcMessage");

const methodOf = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "method" in body ? body.method : null;

/** The request without its body, which was read: the SDK gets it parsed. */
const withoutBody = ({ req }: Context): Request =>
  new Request(req.raw.url, { method: req.raw.method, headers: req.raw.headers, signal: req.raw.signal });

const answered = async (c: Context, call: AgentCall, body: unknown): Promise<Response> => {
  const { deps, session, finish } = call;
  if (session !== null) {
    for (const request of cancelledRequests(body)) finish(cancelRunOf(deps, session, request));
  }
  const handler = createMcpHandler(() => toolServer(call), {
    // A stream from the start: a client that has gone is seen before anything was printed.
    responseMode: methodOf(body) === "tools/call" ? "sse" : "auto",
    keepAliveMs: KEEP_ALIVE_MS,
    onerror: (error) => deps.log.info("mcp.refused", { reason: error.message.slice(0, 200) }),
  });
  const response = await handler.fetch(withoutBody(c), { parsedBody: body });
  if (methodOf(body) !== "initialize" || !response.ok) return response;
  const named = new Response(response.body, response);
  named.headers.set(SESSION_HEADER, deps.ids.keyPart());
  return named;
};

/** What an agent is told of a tool that threw; its cause goes to the log alone. */
const toldOf = (c: Context, deps: Deps, error: unknown): string => {
  const requestId = requestIdOf(c);
  const event = isPassing(error) ? "http.unavailable" : "http.unhandled";
  deps.log.error(event, error, { requestId, method: c.req.method, ...traced(c) });
  return isPassing(error)
    ? `Storage does not answer now; try again in ${PASSING_RETRY_SECONDS} seconds`
    : `Something failed on our side; the request id ${requestId} helps to find it`;
};

const LIST_TOOLS = { jsonrpc: "2.0", id: 1, method: "tools/list" };

export const mcpOperations = (deps: Deps): AgentOperation[] => [
  {
    contract: {
      method: "post",
      path: "/mcp",
      operationId: "callTools",
      tags: ["agents"],
      summary: "The Model Context Protocol over Streamable HTTP, without state",
      description: "Tools that run programs, for agents. Quotas are those of the runs.",
      request: {
        body: { required: true, content: { "application/json": { schema: message, example: LIST_TOOLS } } },
      },
      responses: {
        200: {
          description: "The answer, alone or behind the notifications of its progress",
          content: {
            "application/json": { schema: message },
            "text/event-stream": { schema: z.string() },
          },
        },
        202: { description: "Notifications are taken" },
      },
    },
    handle: async ({ c, face, caller }) => {
      const clientKey = quotaSubjectOf(caller, c.req.header("cf-connecting-ip"));
      if (clientKey === null)
        return face.refuse(c, { code: "invalid_request", message: "CF-Connecting-IP is not an address" });
      const body = await readJson(c, BODY_BYTES);
      if (body.kind === "refused") return face.refuse(c, body.refusal);
      if (body.kind === "none")
        return face.refuse(c, { code: "invalid_request", message: "The body is empty" });
      const finish = (work: Promise<unknown>): void => c.executionCtx.waitUntil(work);
      const session = sessionOf(c.req.header(SESSION_HEADER));
      const failed = (error: unknown): string => toldOf(c, deps, error);
      const call = { deps, caller, clientKey, session, trace: traceOf(c), finish, failed };
      return answered(c, call, body.value);
    },
  },
];
