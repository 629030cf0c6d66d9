import type { Clock } from "../domain/ports/clock.ts";
import type { SettingsHandle, TypedJobHandle, TypedJobObjects } from "../domain/typed-jobs/ports.ts";
import type { SettingsRecord } from "../domain/typed-jobs/settings.ts";
import { Unavailable } from "../domain/typed-jobs/unavailable.ts";

/** The object's methods as a stub offers them; its class fits this type, which a type test checks. */
export type TypedJobStub = TypedJobHandle &
  Omit<SettingsHandle, "recentSettings"> & {
    seenWork(): Promise<string>;
    waitForWork(seen: string, timeoutMs: number): Promise<void>;
    ringForWork(): Promise<void>;
  };

/** One object holds the settings, and every new job asks for them: an isolate asks it this often. */
const RECENT_MS = 3_000;
const recent = new WeakMap<DurableObjectNamespace, { atMs: number; record: SettingsRecord }>();

const keep = (namespace: DurableObjectNamespace, atMs: number, record: SettingsRecord): SettingsRecord => {
  recent.set(namespace, { atMs, record });
  return record;
};

/** What a failed call has to say for itself (platform: errors of stubs carry these marks). */
const isPassing = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  (("retryable" in error && error.retryable === true) ||
    ("overloaded" in error && error.overloaded === true));

const reached = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw isPassing(error) ? new Unavailable("The job's object", error) : error;
  }
};

const OBJECT_ID = /^[0-9a-f]{64}$/;

const handle = (job: TypedJobStub): TypedJobHandle => ({
  create: (created) => reached(job.create(created)),
  read: () => reached(job.read()),
  claim: (leaseMs) => reached(job.claim(leaseMs)),
  remove: (owner) => reached(job.remove(owner)),
  catchUp: () => reached(job.catchUp()),
  redrive: (queue) => reached(job.redrive(queue)),
  rebuild: () => reached(job.rebuild()),
  complete: (result, guard) => reached(job.complete(result, guard)),
  patch: (change, guard) => reached(job.patch(change, guard)),
  noteHookFailure: (message) => reached(job.noteHookFailure(message)),
});

/** The typed jobs' objects by their binding: one per job, and one for the settings. */
export const durableTypedJobObjects = (namespace: DurableObjectNamespace, now: Clock): TypedJobObjects => {
  const stub = (name: string): TypedJobStub =>
    namespace.get(namespace.idFromName(name)) as unknown as TypedJobStub;
  return {
    byId: (jobId) => handle(stub(`job/${jobId}`)),
    byObjectId: (objectId) => {
      if (!OBJECT_ID.test(objectId)) return null;
      try {
        return handle(namespace.get(namespace.idFromString(objectId)) as unknown as TypedJobStub);
      } catch {
        // The platform refuses ids that another namespace made, or that nobody did.
        return null;
      }
    },
    work: () => {
      const bell = stub("work");
      return {
        seen: () => reached(bell.seenWork()),
        wait: (seen, timeoutMs) => reached(bell.waitForWork(seen, timeoutMs)),
        ring: () => reached(bell.ringForWork()),
      };
    },
    settings: () => {
      const settings = stub("settings");
      const read = async () => keep(namespace, now(), await reached(settings.readSettings()));
      return {
        readSettings: read,
        recentSettings: async () => {
          const kept = recent.get(namespace);
          return kept !== undefined && now() - kept.atMs < RECENT_MS && now() >= kept.atMs
            ? kept.record
            : read();
        },
        mergeSettings: async (fields, version) => {
          const merged = await reached(settings.mergeSettings(fields, version));
          return merged === null ? null : keep(namespace, now(), merged);
        },
      };
    },
  };
};
