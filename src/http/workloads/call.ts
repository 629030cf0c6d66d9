import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import { requestIdOf } from "../middleware/request-id.ts";
import type { Handler } from "../operation.ts";
import { callerOf } from "./credentials.ts";
import { jobNotFound, workloadError } from "./envelope.ts";

/** A request to a workload, from somebody who may make it. */
export type Call = {
  readonly c: Context;
  readonly deps: Deps;
  readonly workload: Workload;
  readonly owner: string | null;
};

/** Lets through who has a key, and answers what fails in this face's own shape. */
export const guarded =
  (deps: Deps, workload: Workload, handle: (call: Call) => Promise<Response>): Handler =>
  async (c) => {
    try {
      const caller = await callerOf(c, deps);
      if (caller.kind === "known") return await handle({ c, deps, workload, owner: caller.owner });
      return workloadError(c, deps, {
        code: 401,
        message: "Send one of the service's keys as x-api-key, or in authorization",
      });
    } catch (error) {
      deps.log.error("http.unhandled", error, { requestId: requestIdOf(c), method: c.req.method });
      return workloadError(c, deps, {
        code: 500,
        message: "Something failed on our side; the transaction id helps to find it",
      });
    }
  };

export type FoundJob = { readonly job: JobHandle; readonly snapshot: JobSnapshot };

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A job of this workload that the caller may see, or the 404 that every other id gets. */
export const findJob = async (
  { c, deps, workload, owner }: Call,
  id: string,
): Promise<FoundJob | Response> => {
  const job = UUID.test(id) ? deps.jobs.byId(id) : null;
  const snapshot = (await job?.snapshot()) ?? null;
  const isVisible = snapshot?.workload?.path === workload.path && snapshot.workload.owner === owner;
  return job === null || snapshot === null || !isVisible ? jobNotFound(c, deps) : { job, snapshot };
};
