import type { Deps } from "../deps/types.ts";

const PAGE = 100;

/**
 * Wakes the objects of jobs that should have ended by now. Their alarms do that themselves; this is the
 * second line, for an alarm that the platform gave up.
 */
export const sweepOverdueJobs = async (deps: Deps, now: number): Promise<void> => {
  const overdue = await deps.rows.unfinishedBefore(
    now - deps.runQueueWaitMs,
    now - deps.workloadSettings.uploadMs,
    PAGE,
  );
  for (const objectId of overdue) await deps.jobs.byObjectId(objectId)?.wake();
  if (overdue.length > 0) deps.log.info("sweep.woke", { jobs: overdue.length });
};
