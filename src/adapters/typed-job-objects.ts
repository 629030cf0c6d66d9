import type { SettingsHandle, TypedJobHandle, TypedJobObjects } from "../domain/typed-jobs/ports.ts";
import { Unavailable } from "../domain/typed-jobs/unavailable.ts";

/** The object's methods as a stub offers them; its class fits this type, which a type test checks. */
export type TypedJobStub = TypedJobHandle & SettingsHandle;

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

/** The typed jobs' objects by their binding: one per job, and one for the settings. */
export const durableTypedJobObjects = (namespace: DurableObjectNamespace): TypedJobObjects => {
  const stub = (name: string): TypedJobStub =>
    namespace.get(namespace.idFromName(name)) as unknown as TypedJobStub;
  return {
    byId: (jobId) => {
      const job = stub(`job/${jobId}`);
      return {
        create: (created) => reached(job.create(created)),
        read: () => reached(job.read()),
        complete: (result, guard) => reached(job.complete(result, guard)),
        patch: (change, guard) => reached(job.patch(change, guard)),
        noteHookFailure: (message) => reached(job.noteHookFailure(message)),
      };
    },
    settings: () => {
      const settings = stub("settings");
      return {
        readSettings: () => reached(settings.readSettings()),
        mergeSettings: (fields, version) => reached(settings.mergeSettings(fields, version)),
      };
    },
  };
};
