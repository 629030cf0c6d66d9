import type { Deps, TypedJobDeps } from "../../deps/types.ts";
import type { JobHandle, JobInspection } from "../../domain/ports/job-objects.ts";
import { isJobId, type TypedJob } from "../../domain/typed-jobs/job.ts";
import type { TypedJobHandle } from "../../domain/typed-jobs/ports.ts";

export type OperatorDeps = Deps & {
  readonly typedJobs: TypedJobDeps["objects"];
  /** The queue that the app's typed jobs go to; null where they go to none. */
  readonly typedQueue: string | null;
};

/** The job behind a ref of the operator's list, whichever face it came by. */
export type Found =
  | { readonly kind: "core"; readonly handle: JobHandle; readonly job: JobInspection }
  | { readonly kind: "typed"; readonly handle: TypedJobHandle; readonly job: TypedJob };

/** The object that a ref names, whether it holds a job or not; null for what is no ref. */
export const handleOf = (
  { jobs, typedJobs }: OperatorDeps,
  ref: string,
):
  | { readonly kind: "core"; readonly handle: JobHandle }
  | { readonly kind: "typed"; readonly handle: TypedJobHandle }
  | null => {
  const [kind = "", id = ""] = ref.split(".", 2);
  if (kind === "typed" && isJobId(id)) return { kind, handle: typedJobs.byId(id) };
  const handle = kind === "job" ? jobs.byObjectId(id) : null;
  return handle === null ? null : { kind: "core", handle };
};

/** The job that a ref of the list names; null where there is none. */
export const findJob = async (deps: OperatorDeps, ref: string): Promise<Found | null> => {
  const named = handleOf(deps, ref);
  if (named === null) return null;
  if (named.kind === "typed") {
    const job = await named.handle.read();
    return job === null ? null : { ...named, job };
  }
  const job = await named.handle.inspect();
  return job === null ? null : { ...named, job };
};
