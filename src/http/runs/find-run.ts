import type { Context } from "hono";
import type { JobHandle, JobObjects } from "../../domain/ports/job-objects.ts";
import { isRunId } from "../../domain/runs/job-id.ts";
import { problem } from "./problem.ts";

/** The handle of the run that the path names; null for a text that no run can have as its id. */
export const findRun = (c: Context, jobs: JobObjects): JobHandle | null => {
  const id = (c.req.param("id") ?? "").toLowerCase();
  return isRunId(id) ? jobs.byId(id) : null;
};

export const runNotFound = (c: Context): Response =>
  problem(c, { code: "job_not_found", error: "Job not found" });
