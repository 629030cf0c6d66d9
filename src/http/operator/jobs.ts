import { z } from "@hono/zod-openapi";
import type { Deps, TypedJobDeps } from "../../deps/types.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import type { JobSelection, OperatorJob } from "../../domain/ports/operations.ts";
import { isJobId, type TypedJob } from "../../domain/typed-jobs/job.ts";
import type { TypedJobHandle } from "../../domain/typed-jobs/ports.ts";
import { done, jobDetails, operatorJobs, purge, purged } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import { bodyAs, DONE, notFound, type OperatorCall, operation, queryAs } from "./operation.ts";

type OperatorDeps = Deps & { readonly typedJobs: TypedJobDeps["objects"] };

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

type Found =
  | { readonly kind: "core"; readonly handle: JobHandle; readonly job: JobSnapshot }
  | { readonly kind: "typed"; readonly handle: TypedJobHandle; readonly job: TypedJob };

/** The job that a ref of the list names; null where there is none. */
const found = async (deps: OperatorDeps, ref: string): Promise<Found | null> => {
  const [kind = "", id = ""] = ref.split(".", 2);
  if (kind === "typed" && isJobId(id)) {
    const handle = deps.typedJobs.byId(id);
    const job = await handle.read();
    return job === null ? null : { kind, handle, job };
  }
  const handle = kind === "job" ? deps.jobs.byObjectId(id) : null;
  const job = (await handle?.snapshot()) ?? null;
  return handle === null || job === null ? null : { kind: "core", handle, job };
};

const timelineOf = (events: readonly (readonly [number | null, string])[]) =>
  events.flatMap(([at, what]) => (at === null ? [] : [{ at, what }]));

const detailsOf = (ref: string, one: Found) => {
  if (one.kind === "typed") {
    const { status: state, owner, registeredAtMs, updatedAtMs, completedAtMs, errors } = one.job;
    const times = { created_at: registeredAtMs, updated_at: updatedAtMs, finished_at: completedAtMs };
    const timeline = timelineOf([
      [registeredAtMs, "registered"],
      [updatedAtMs, `last change: ${state}`],
      [completedAtMs, `ended: ${state}`],
    ]);
    return {
      ref,
      face: "jobs",
      state,
      owner,
      ...times,
      attempts: 0,
      reason: errors?.at(-1) ?? null,
      timeline,
    };
  }
  const { job } = one;
  return {
    ref,
    face: job.face,
    state: job.state,
    owner: job.owner,
    created_at: job.createdAtMs,
    updated_at: job.updatedAtMs,
    finished_at: job.finishedAtMs,
    attempts: job.attemptsMade,
    reason: job.result?.reason ?? null,
    timeline: timelineOf([
      [job.createdAtMs, "created"],
      [job.dispatchedAtMs, "queued last"],
      [job.startedAtMs, `attempt ${job.attemptsMade} started`],
      [job.finishedAtMs, `ended: ${job.result?.reason ?? job.state}`],
      [job.filesDeletedAtMs, "files deleted"],
    ]),
  };
};

const onJob = async (
  deps: OperatorDeps,
  call: OperatorCall,
  act: (one: Found) => Promise<void>,
): Promise<Response | typeof DONE> => {
  const one = await found(deps, call.c.req.param("ref") ?? "");
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
      const one = await found(deps, ref);
      return one === null ? notFound(call, "There is no such job") : { body: detailsOf(ref, one) };
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

/** So many jobs go at a time: each is gone as a whole, or stands in the list for the next call. */
const PURGED_AT_ONCE = 50;

const purgeJobs = (deps: OperatorDeps): OperatorOperation =>
  operation(
    deps,
    {
      method: "post",
      path: "/operator/purge",
      operationId: "purgeJobs",
      summary: "Remove jobs by owner, face, state and age, some at a time; by default it only counts",
      answer: purged,
      body: purge,
    },
    async (call) => {
      const body = await bodyAs(call, purge);
      if (body instanceof Response) return body;
      const { face = null, state = null, owner = null, older_than_seconds: age, dry_run: dryRun } = body;
      const createdBeforeMs = age === undefined ? null : deps.now() - age * 1_000;
      const selection = { face, state, owner, createdBeforeMs, after: null, limit: PURGED_AT_ONCE + 1 };
      const jobs = await deps.operations.jobs(selection);
      const now = dryRun ? [] : jobs.slice(0, PURGED_AT_ONCE);
      for (const { ref } of now) {
        const one = await found(deps, ref);
        if (one !== null) await removed(one);
      }
      const more = jobs.length > PURGED_AT_ONCE;
      const figures = { found: Math.min(jobs.length, PURGED_AT_ONCE), removed: now.length, more };
      return { body: { dry_run: dryRun, ...figures }, count: now.length };
    },
  );

export const jobOperations = (deps: OperatorDeps): OperatorOperation[] => [
  list(deps),
  ...oneJob(deps),
  purgeJobs(deps),
];
