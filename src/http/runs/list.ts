import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { RunRow } from "../../domain/ports/run-rows.ts";
import { cursorBehind, LIST_LIMIT, runListQuery, selectionOf } from "../../domain/runs/list-query.ts";
import { runList } from "../../wire/holder-answers.ts";
import type { RunOperation } from "./face.ts";
import { withHolder } from "./holder.ts";
import { jsonResponse, named } from "./schemas.ts";

const runListSchema = named("RunList", runList);

const iso = (ms: number): string => new Date(ms).toISOString();

const entryOf = ({ id, status, createdAtMs, finishedAtMs, verdict, summary }: RunRow) => ({
  job_id: id,
  status,
  entrypoint: summary?.entrypoint ?? "",
  interpreter: summary?.interpreter ?? "",
  environment: summary?.environment ?? "",
  verdict,
  exit_code: summary?.exitCode ?? null,
  termination_reason: summary?.reason ?? null,
  cpu_seconds: summary?.cpuSeconds ?? 0,
  wall_time_ms: summary?.wallTimeMs ?? 0,
  memory_peak_bytes: summary?.memoryPeakBytes ?? 0,
  created_at: iso(createdAtMs),
  finished_at: finishedAtMs === null ? null : iso(finishedAtMs),
});

const text = (description: string, example?: string) =>
  z
    .string()
    .optional()
    .openapi({ description, ...(example === undefined ? {} : { example }) });

const query = z.object({
  status: z.enum(["queued", "running", "completed", "failed"]).optional(),
  from: text("Created then or later.", "2026-11-27T10:00:00Z"),
  to: text("Created then or earlier."),
  limit: z.int().min(1).max(LIST_LIMIT.max).default(LIST_LIMIT.default).optional(),
  cursor: text("`next` of the page before."),
});

export const listRuns = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/runs",
    operationId: "listRuns",
    tags: ["runs"],
    summary: "The runs of the owner of your key, newest first",
    description:
      "Every key of an owner lists the same runs, for as long as they are kept. A run stands in the list moments " +
      "after it was accepted. Runs that were submitted without a key are in no list.",
    security: [{ bearerKey: [] }, { headerKey: [] }],
    request: { query },
    responses: { 200: jsonResponse("A page of runs", runListSchema) },
  },
  handle: withHolder(deps, async ({ c, caller, refuse }) => {
    const asked = runListQuery.safeParse(c.req.query());
    if (!asked.success) {
      const fields = asked.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
      const [first] = fields;
      const message = `${first?.path.join(".")} ${first?.message}`;
      return refuse({ code: "invalid_request", message, fields });
    }
    const { selection, shown } = selectionOf(caller.owner, asked.data);
    const found = await deps.runRows.list(selection);
    const page = found.slice(0, shown);
    const last = page.at(-1);
    const next = found.length > shown && last !== undefined ? cursorBehind(last) : null;
    c.header("Cache-Control", "private, no-store");
    return c.json({ runs: page.map(entryOf), next });
  }),
});
