import type { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { jobDepsFor } from "../src/deps.ts";
import { snapshotOf } from "../src/domain/job/record.ts";
import { JobAttempts } from "./job-attempts.ts";
import { JobCases } from "./job-cases.ts";
import { JobChanges } from "./job-changes.ts";
import { JobEffects } from "./job-effects.ts";
import { JobEnding } from "./job-ending.ts";
import { JobLog } from "./job-log.ts";
import { JobPosition } from "./job-position.ts";
import { LogSockets } from "./log-sockets.ts";
import { UploadWatch } from "./upload-watch.ts";
import type { Waiters } from "./waiters.ts";

/** What a job's object does its work with. */
export type JobParts = {
  readonly deps: JobDeps;
  readonly log: JobLog;
  readonly cases: JobCases;
  readonly sockets: LogSockets;
  readonly position: JobPosition;
  readonly effects: JobEffects;
  readonly changes: JobChanges;
  readonly attempts: JobAttempts;
  readonly uploads: UploadWatch;
  readonly ending: JobEnding;
};

/** Makes the parts. @throws Error about a configuration that is broken or not complete. */
export const jobPartsOf = (
  ctx: DurableObjectState,
  env: Record<string, unknown>,
  { storage, waiters }: { storage: JobStorage; waiters: Waiters },
): JobParts => {
  const deps = jobDepsFor(env);
  const objectId = ctx.id.toString();
  const log = new JobLog(storage);
  const cases = new JobCases(ctx.storage);
  const snapshot = () => {
    const record = storage.record();
    return record === null ? null : snapshotOf(record);
  };
  const slice = (after: number, maxBytes: number) => log.slice(after, maxBytes);
  const sockets = new LogSockets(ctx, { snapshot, slice }, deps.now);
  const effects = new JobEffects(deps, ctx.storage, objectId, { storage, cases, sockets });
  const position = new JobPosition(deps, objectId, { storage, sockets });
  const changes = new JobChanges({ storage, effects, sockets, waiters, position });
  const attempts = new JobAttempts(deps, objectId, { storage, log, cases, sockets, changes });
  const uploads = new UploadWatch(deps, storage, changes);
  const ending = new JobEnding(deps, { storage, sockets, effects, changes, uploads, waiters });
  return { deps, log, cases, sockets, position, effects, changes, attempts, uploads, ending };
};
