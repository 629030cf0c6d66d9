import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { isTerminal } from "../../domain/job/state.ts";
import { rankOf } from "../../domain/pool/summary.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { statusBody } from "../../domain/runs/status-body.ts";
import { deliveriesOf, deliveriesTag } from "../../domain/webhooks/deliveries.ts";
import { conditionalJson } from "../kit/conditional.ts";
import { preferenceApplied, preferredWait } from "../kit/prefer.ts";
import { takes } from "../kit/request-headers.ts";
import { caseResultsOf } from "./case-results.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { outputOf } from "./first-output.ts";
import { jsonResponse, runIdParam, statusSchema, unknownJob } from "./schemas.ts";

/** Place of a queued run among the queued ones, from 1; 0 once an executor has it. */
export const queuePositionOf = async (deps: Deps, snapshot: JobSnapshot): Promise<number> =>
  snapshot.state === "queued" ? rankOf(await deps.pool.summary(), snapshot.createdAtMs) : 0;

/** The run as it is, or, where the client prefers to wait, as it is when it ends or the wait is over. */
export const awaitedSnapshot = async (c: Context, run: JobHandle): Promise<JobSnapshot | null> => {
  const seconds = preferredWait(c);
  if (seconds === null) return run.snapshot();
  preferenceApplied(c, seconds);
  return run.waitForEnd(seconds * 1_000);
};

export const status = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/status/{id}",
    operationId: "getStatus",
    tags: ["runs"],
    summary: "State, figures, output files and signature of a run",
    description:
      "`Prefer: wait=n` (at most 60) answers when the run ends, or after n seconds. `If-None-Match` with the " +
      "`ETag` of an earlier answer gives 304 while nothing has changed. `?include=output` adds `stdout`, `stderr` " +
      "(the first 64 KiB of each) and `truncated`, and to each entry of `case_results` what the case printed.",
    request: {
      params: runIdParam,
      query: z.object({ include: z.enum(["output"]).optional() }),
      headers: takes("Prefer", "If-None-Match"),
    },
    responses: {
      200: jsonResponse("The run", statusSchema),
      304: { description: "Nothing has changed" },
      ...unknownJob,
    },
  },
  handle: async ({ c }) => {
    const run = findRun(c, deps.jobs);
    const snapshot = run === null ? null : await awaitedSnapshot(c, run);
    if (run === null || snapshot === null) return runNotFound(c);
    const position = await queuePositionOf(deps, snapshot);
    const isFinal = isTerminal(snapshot.state);
    const webhooks = await deliveriesOf(deps.webhooks, run.objectId, snapshot);
    const withOutput = c.req.query("include") === "output";
    const { part, tag } = await caseResultsOf(run, snapshot, withOutput);
    const etag = `"v${snapshot.version}${isFinal ? "" : `-q${position}`}${tag}${deliveriesTag(webhooks)}"`;
    const body = { ...statusBody(snapshot, position, webhooks), ...part };
    if (!withOutput) return conditionalJson(c, etag, body);
    c.header("Cache-Control", "private, no-store");
    return c.json({ ...body, ...(await outputOf(run)) });
  },
});
