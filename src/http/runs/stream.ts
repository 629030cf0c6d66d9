import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { StreamMode } from "../../domain/ports/job-objects.ts";
import type { RunOperation } from "./face.ts";
import { findRun } from "./find-run.ts";
import { problem } from "./problem.ts";
import { problemResponse, runIdParam } from "./schemas.ts";

const SHOWN_ID_CHARS = 100;
const TOO_MANY = 429;
const FULL_RETRY_SECONDS = 30;

const modeOf = (c: Context, plain: StreamMode): StreamMode => {
  const offered = (c.req.header("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  return offered.includes("sandpiper.v1") ? "typed" : plain;
};

const streamAt = (deps: Deps, path: string, plain: StreamMode, operationId: string): RunOperation => ({
  contract: {
    method: "get",
    path,
    operationId,
    tags: ["runs"],
    summary:
      plain === "text"
        ? "Live log text over a WebSocket"
        : "Live log text with bracketed control lines over a WebSocket",
    description:
      "A client that offers the subprotocol `sandpiper.v1` gets JSON frames `{seq, at, stream, data}` and " +
      '`{type: "status" | "end", ...}` instead, and may resume with `?after=<seq>`. The socket closes with ' +
      "1000 at the end of the job, with 4404 when there is no such job, with 4401 when the key that it was opened with ends.",
    request: {
      params: runIdParam,
      query: z.object({ after: z.coerce.number().int().nonnegative().optional() }),
    },
    responses: {
      101: { description: "The socket" },
      426: problemResponse("Not a WebSocket request"),
      429: problemResponse("1,000 watchers follow this run"),
    },
  },
  handle: async ({ c, caller }) => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      c.header("Upgrade", "websocket");
      return problem(c, { code: "upgrade_required", error: "Connect to this path with a WebSocket client" });
    }
    const after = c.req.query("after");
    if (after !== undefined && !/^\d{1,15}$/.test(after)) {
      return problem(c, {
        code: "invalid_request",
        error: "after must be the seq of a log record, a whole number",
      });
    }
    const id = c.req.param("id") ?? "";
    const mode = modeOf(c, plain);
    const shownId = encodeURIComponent(id).slice(0, SHOWN_ID_CHARS);
    const run = findRun(c, deps.jobs);
    if (run === null) return deps.jobs.unknownStream(mode, shownId);
    const socket = await run.stream(after ?? null, mode, shownId, caller.keyId);
    if (socket.status !== TOO_MANY) return socket;
    const error = "1,000 watchers follow this run; read its log from GET /logs/{id}";
    return problem(c, { code: "rate_limited", error, retryAfterSeconds: FULL_RETRY_SECONDS });
  },
});

export const streams = (deps: Deps): RunOperation[] => [
  streamAt(deps, "/logs/{id}/stream", "text", "streamLogs"),
  streamAt(deps, "/stream/{id}", "lines", "streamRun"),
  streamAt(deps, "/ws/{id}", "escaped", "streamRunAlias"),
];
