import { z } from "@hono/zod-openapi";
import type { JobSelection, OperatorJob } from "../../domain/ports/operations.ts";
import { done, jobDetails, operatorJobs } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import { type Found, findJob, type OperatorDeps } from "./find-job.ts";
import { detailsOf } from "./job-details.ts";
import { DONE, notFound, type OperatorCall, operation, queryAs } from "./operation.ts";

const query = z.object({
  face: z.enum(["runs", "workloads", "jobs"]).optional(),
  state: z.string().min(1).max(50).optional(),
  owner: z.string().min(1).max(100).optional(),
  older_than: z.coerce.number().int().min(0).optional().openapi({ description: "Seconds since creation." }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,15}\.[a-z]+\.[0-9a-f-]{1,64}$/)
    .optional(),
});

const viewOf = ({ ref, face, state, owner, createdAtMs, updatedAtMs, finishedAtMs }: OperatorJob) => ({
  ref,
  face,
  state,
  owner,
  created_at: createdAtMs,
  updated_at: updatedAtMs,
  finished_at: finishedAtMs,
});

const cursorOf = (text: string | undefined): JobSelection["after"] => {
  if (text === undefined) return null;
  const dot = text.indexOf(".");
  return { createdAtMs: Number(text.slice(0, dot)), ref: text.slice(dot + 1) };
};

const list = (deps: OperatorDeps): OperatorOperation =>
  operation(
    deps,
    {
      method: "get",
      path: "/operator/jobs",
      operationId: "listAllJobs",
      summary: "Jobs of every face, newest first; ids of runs are not shown",
      answer: operatorJobs,
      query,
    },
    async (call) => {
      const asked = queryAs(call, query);
      if (asked instanceof Response) return asked;
      const { face = null, state = null, owner = null, older_than: olderThan, limit, cursor } = asked;
      const createdBeforeMs = olderThan === undefined ? null : deps.now() - olderThan * 1_000;
      const selection = { face, state, owner, createdBeforeMs, after: cursorOf(cursor), limit: limit + 1 };
      const found = await deps.operations.jobs(selection);
      const jobs = found.slice(0, limit);
      const last = jobs.at(-1);
      const next = found.length > limit && last !== undefined ? `${last.createdAtMs}.${last.ref}` : null;
      return { body: { jobs: jobs.map(viewOf), next }, count: jobs.length };
    },
  );

const onJob = async (
  deps: OperatorDeps,
  call: OperatorCall,
  act: (one: Found) => Promise<void>,
): Promise<Response | typeof DONE> => {
  const one = await findJob(deps, call.c.req.param("ref") ?? "");
  if (one === null) return notFound(call, "There is no such job");
  await act(one);
  return DONE;
};

const cancelled = async (one: Found): Promise<void> => {
  if (one.kind === "core") await one.handle.cancel();
  else
    await one.handle.patch(
      { status: "cancelled", errors: null, warnings: null, fillsNulls: false, leaseMs: null },
      { versions: null, strict: true, owner: null },
    );
};

const removed = async (one: Found): Promise<void> => {
  if (one.kind === "core") await one.handle.remove();
  else await one.handle.remove(null);
};

/** Queues a job anew; null where that was done, else why not. */
const redriven = async ({ typedQueue }: OperatorDeps, one: Found): Promise<string | null> => {
  if (one.kind === "core") {
    const outcome = await one.handle.redrive();
    return outcome?.kind === "refused" ? outcome.message : null;
  }
  const outcome = await one.handle.redrive(typedQueue);
  return outcome === "ended" ? "The job has its result, or was cancelled" : null;
};

const redrive = (deps: OperatorDeps): OperatorOperation =>
  operation(
    deps,
    {
      method: "post",
      path: "/operator/jobs/{ref}/redrive",
      operationId: "redriveJob",
      summary: "Run a job again whose message was lost, or that ended for the service's reasons",
      answer: done,
    },
    async (call) => {
      const one = await findJob(deps, call.c.req.param("ref") ?? "");
      if (one === null) return notFound(call, "There is no such job");
      const message = await redriven(deps, one);
      return message === null ? DONE : call.face.refuse(call.c, { code: "conflict", message });
    },
  );

const oneJob = (deps: OperatorDeps): OperatorOperation[] => [
  operation(
    deps,
    {
      method: "get",
      path: "/operator/jobs/{ref}",
      operationId: "inspectJob",
      summary: "A job and its timeline",
      answer: jobDetails,
    },
    async (call) => {
      const ref = call.c.req.param("ref") ?? "";
      const one = await findJob(deps, ref);
      return one === null
        ? notFound(call, "There is no such job")
        : { body: await detailsOf(deps, ref, one) };
    },
  ),
  operation(
    deps,
    {
      method: "post",
      path: "/operator/jobs/{ref}/cancel",
      operationId: "cancelAnyJob",
      summary: "Stop a job",
      answer: done,
    },
    (call) => onJob(deps, call, cancelled),
  ),
  operation(
    deps,
    {
      method: "delete",
      path: "/operator/jobs/{ref}",
      operationId: "deleteAnyJob",
      summary: "Remove a job with all its files",
      answer: done,
    },
    (call) => onJob(deps, call, removed),
  ),
];

export const jobOperations = (deps: OperatorDeps): OperatorOperation[] => [
  list(deps),
  ...oneJob(deps),
  redrive(deps),
];
