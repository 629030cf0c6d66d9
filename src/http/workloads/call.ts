import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import type { Handle } from "../kit/face.ts";
import type { Refusal } from "../kit/refusal.ts";
import { jobNotFound } from "./envelope.ts";

/** A request to a workload, from somebody who may make it. */
export type Call = {
  readonly c: Context;
  readonly deps: Deps;
  readonly workload: Workload;
  readonly caller: Caller;
  /** Whose the job is to be; null where nobody is known. */
  readonly owner: string | null;
  /** A refusal in the face's shape. */
  readonly refuse: (refusal: Refusal) => Response;
};

/** A handler of a workload's operation. */
export const called =
  (deps: Deps, workload: Workload, handle: (call: Call) => Promise<Response>): Handle<Caller> =>
  ({ c, face, caller }) =>
    handle({ c, deps, workload, caller, owner: caller.owner, refuse: (refusal) => face.refuse(c, refusal) });

export type FoundJob = { readonly job: JobHandle; readonly snapshot: JobSnapshot };

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A job of this workload that the caller may see, or the 404 that every other id gets. */
export const findJob = async (
  { c, deps, workload, owner }: Call,
  id: string,
): Promise<FoundJob | Response> => {
  const known = id.toLowerCase();
  const job = UUID.test(known) ? deps.jobs.byId(known) : null;
  const snapshot = (await job?.snapshot()) ?? null;
  const isVisible = snapshot?.workload?.path === workload.path && snapshot.owner === owner;
  return job === null || snapshot === null || !isVisible ? jobNotFound(c, deps) : { job, snapshot };
};
