import type { AccessDeps, Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import { runCaller } from "../kit/callers.ts";
import { openCors } from "../kit/cors.ts";
import type { Face, Operation } from "../kit/face.ts";
import { type RefusalCode, STATUS_OF } from "../kit/refusal.ts";
import { requestIdOf } from "../kit/request-id.ts";
import { traced } from "../kit/trace.ts";

/** Agents may do what anybody may on the runs face, and count against the same quotas. */
export type AgentOperation = Operation<Caller>;

/** Codes of JSON-RPC 2.0; what it has no word for is a server's error. */
const SERVER_ERROR = -32_000;
const RPC_CODES: Partial<Record<RefusalCode, number>> = { invalid_request: -32_600, internal: -32_603 };

/** The face of the Model Context Protocol; what it refuses before a tool is called is a JSON-RPC error. */
export const mcpFace = (deps: AccessDeps & Pick<Deps, "log">): Face<Caller> => {
  const refuse: Face<Caller>["refuse"] = (c, { code, message, retryAfterSeconds }) => {
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
    const retryAfter = retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds };
    const error = { code: RPC_CODES[code] ?? SERVER_ERROR, message, data: { code, ...retryAfter } };
    return c.json({ jsonrpc: "2.0", id: null, error }, STATUS_OF[code]);
  };
  return {
    roots: ["/mcp"],
    cors: openCors,
    access: (c) => runCaller(c, deps),
    commonResponses: {
      400: { description: "What was sent is no message of the protocol; a JSON-RPC error says why" },
      401: { description: "A key is wanted, or what was sent is none" },
      406: { description: "The client takes no answer of this kind" },
      413: { description: "The body is too large" },
      415: { description: "The body is not application/json" },
      500: { description: "Something failed on our side; a JSON-RPC error has the request's id" },
      503: { description: "Storage does not answer now; a JSON-RPC error says when to ask again" },
    },
    refuse,
    failed: (c, error) => {
      const id = requestIdOf(c);
      deps.log.error("http.unhandled", error, { requestId: id, method: c.req.method, ...traced(c) });
      const message = `Something failed on our side; the request id ${id} helps to find it`;
      return refuse(c, { code: "internal", message });
    },
  };
};
