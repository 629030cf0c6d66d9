import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { takes } from "../kit/request-headers.ts";
import { END_ID, type OpenSocket, sseFromSockets } from "../kit/sse.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { problem } from "./problem.ts";
import { runIdParam, unknownJob } from "./schemas.ts";

const SEQ = /^\d{1,15}$/;

/** Where to resume: behind the last event that the client saw (HTML, "Server-sent events"). */
const resumeAt = (c: Context): { after: string | null } | null => {
  // A reader that has seen nothing may send the header nevertheless.
  const after = c.req.header("last-event-id") || (c.req.query("after") ?? null);
  return after === null || SEQ.test(after) ? { after } : null;
};

const socketsOf =
  (run: JobHandle, keyId: string | undefined): OpenSocket =>
  async (after) => {
    const { webSocket } = await run.stream(after, "typed", "", keyId);
    if (webSocket === null) throw new Error("the job object opened no socket");
    return webSocket;
  };

export const logEvents = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/logs/{id}/events",
    operationId: "streamLogEvents",
    tags: ["runs"],
    summary: "Live log records as Server-Sent Events",
    description:
      "Events `log` (`id` is the record's seq, `data` is `{seq, at, stream, data}`), `status`, `queue` " +
      "(its place while it waits) and `usage` (what the program has used so far), each at most once a second, and `end`; others may come. " +
      "`Last-Event-ID` or `?after=<seq>` resumes without loss or repetition; who comes back behind `end` gets 204.",
    request: {
      headers: takes("Last-Event-ID"),
      params: runIdParam,
      query: z.object({ after: z.coerce.number().int().nonnegative().optional() }),
    },
    responses: {
      200: { description: "The events", content: { "text/event-stream": { schema: z.string() } } },
      204: { description: "The reader has seen the end: its Last-Event-ID is that of the event `end`" },
      ...unknownJob,
    },
  },
  handle: async ({ c, caller }) => {
    const run = findRun(c, deps.jobs);
    if (run === null || (await run.snapshot()) === null) return runNotFound(c);
    if (c.req.header("last-event-id") === END_ID) return c.body(null, 204);
    const resume = resumeAt(c);
    if (resume === null) {
      return problem(c, {
        code: "invalid_request",
        error: "Last-Event-ID and after must be the seq of a log record, a whole number",
      });
    }
    return c.body(sseFromSockets(socketsOf(run, caller.keyId), resume.after), 200, {
      "Content-Type": "text/event-stream",
      // A proxy that compresses would hold back what its block is not full of.
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
    });
  },
});
