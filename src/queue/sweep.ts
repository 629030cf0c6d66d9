import type { Deps, TypedJobDeps } from "../deps/types.ts";
import { bucketKeys } from "../domain/keys.ts";
import type { Logger } from "../domain/ports/logger.ts";

const PAGE = 100;
/** An alarm has this long to do by itself what a sweep would do. */
const PATIENCE_MS = 10 * 60_000;

/** Finished rows stand in no index, so that each sweep looks through a stretch of them. */
const LOOKED_THROUGH = 1_000;
const SWEEP_EVERY_MS = 10 * 60_000;
const GOLDEN = 0.618_033_988_749_895;

/** Where the stretch begins: steps of the golden ratio come everywhere, evenly. */
const startIdAt = (now: number): string => {
  const share = (Math.floor(now / SWEEP_EVERY_MS) * GOLDEN) % 1;
  return Math.floor(share * 0xffff_ffff)
    .toString(16)
    .padStart(8, "0");
};

/** Does one item after the other; one that fails is logged and ends nothing. Answers how many were done. */
const each = async <T>(
  log: Logger,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<number> => {
  let done = 0;
  for (const item of items) {
    try {
      await work(item);
      done += 1;
    } catch (error) {
      log.error("sweep.item_failed", error);
    }
  }
  return done;
};

/**
 * Wakes the objects of jobs that should have ended, or been deleted, by now, and deletes the rows of those
 * that are gone. Their alarms do that themselves; this is the second line, for an alarm that was lost.
 */
const sweepJobs = async (deps: Deps, now: number): Promise<void> => {
  const overdue = await deps.rows.unfinishedBefore(
    now - deps.runQueueWaitMs,
    now - deps.workloadSettings.uploadMs,
    PAGE,
  );
  const kept = await deps.rows.finishedBefore(
    {
      runsFinishedAtMs: now - deps.runRetentionMs - PATIENCE_MS,
      filesCreatedAtMs: now - deps.workloadSettings.retentionMs - PATIENCE_MS,
      rowsCreatedAtMs: now - deps.workloadSettings.rowRetentionMs - PATIENCE_MS,
    },
    { startId: startIdAt(now), limit: LOOKED_THROUGH },
  );
  const woken = await each(deps.log, [...overdue, ...kept], async (objectId) => {
    const job = deps.jobs.byObjectId(objectId);
    if (job === null || !(await job.catchUp())) await deps.rows.remove(objectId);
  });
  if (woken > 0) deps.log.info("sweep.woke", { jobs: woken });
};

const sweepTypedJobs = async ({ rows, objects, log }: TypedJobDeps, now: number): Promise<void> => {
  const overdue = await rows.overdue(now - PATIENCE_MS, now - PATIENCE_MS, PAGE);
  const woken = await each(log, overdue, async (row) => {
    if (!(await objects.byId(row.jobId).catchUp())) await rows.remove(row);
  });
  if (woken > 0) log.info("sweep.woke_typed", { jobs: woken });
};

/**
 * Deletes files that nobody owns: of submissions that broke off before their job was made, and what came by a URL
 * after its job was gone. Each sweep looks through a stretch of the bucket; a row tells of most owners at once.
 */
const sweepBucket = async ({ bucket, rows, jobs, log, submissionMs }: Deps, now: number): Promise<void> => {
  const startId = startIdAt(now);
  const behind = await bucket.owners(startId, PAGE);
  const first = behind.length < PAGE ? await bucket.owners("", PAGE - behind.length) : [];
  const owners = [...new Set([...behind, ...first])];
  const known = await rows.known(owners);
  const strays = owners.filter((objectId) => !known.has(objectId));
  let removed = 0;
  await each(log, strays, async (objectId) => {
    const prefix = bucketKeys.prefix(objectId);
    const newestAtMs = await bucket.newestAtMs(prefix);
    if (newestAtMs === null || newestAtMs > now - submissionMs) return;
    // A job whose row is late is there all the same.
    if (await jobs.byObjectId(objectId)?.catchUp()) return;
    await bucket.removeAll(prefix);
    removed += 1;
  });
  if (removed > 0) log.info("sweep.removed_files", { owners: removed });
};

/** Sweeps jobs of each kind and the bucket by themselves: where the one cannot be read, the others still are. */
export const sweep = async (deps: Deps, typed: TypedJobDeps, now: number): Promise<void> => {
  const sweeps = [() => sweepJobs(deps, now), () => sweepTypedJobs(typed, now), () => sweepBucket(deps, now)];
  await each(deps.log, sweeps, (run) => run());
};
