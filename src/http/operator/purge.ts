import { purge, purged } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import { handleOf, type OperatorDeps } from "./find-job.ts";
import { bodyAs, operation } from "./operation.ts";

/** So many jobs go at a time: each is gone as a whole, or stands in the list for the next call. */
const PURGED_AT_ONCE = 50;

/** Removes what a row stands for, and the row alone where its object has nothing any more. */
const purgeOne = async (deps: OperatorDeps, ref: string): Promise<boolean> => {
  try {
    const named = handleOf(deps, ref);
    if (named?.kind === "core") await named.handle.remove();
    if (named?.kind === "typed") await named.handle.remove(null);
    await deps.operations.removeRow(ref);
    return true;
  } catch (error) {
    deps.log.error("operator.purge_failed", error);
    return false;
  }
};

export const purgeOperations = (deps: OperatorDeps): OperatorOperation[] => [
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
      const meant = dryRun ? [] : jobs.slice(0, PURGED_AT_ONCE);
      let removed = 0;
      for (const { ref } of meant) removed += (await purgeOne(deps, ref)) ? 1 : 0;
      const figures = {
        found: Math.min(jobs.length, PURGED_AT_ONCE),
        removed,
        failed: meant.length - removed,
        more: jobs.length > PURGED_AT_ONCE,
      };
      return { body: { dry_run: dryRun, ...figures }, count: removed };
    },
  ),
];
