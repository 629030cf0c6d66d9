import { evictDurableObject, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { JobStorage } from "../../../src/adapters/job-storage.ts";
import type { JobRecord } from "../../../src/domain/job/record.ts";
import { bucketKeys } from "../../../src/domain/keys.ts";
import { budgetOf } from "../../../src/domain/quota/network.ts";
import { testEnv } from "./env.ts";

export const jobStub = (runId: string): DurableObjectStub => testEnv.JOB_OBJECT.getByName(runId);

export const quotaStub = (clientKey: string): DurableObjectStub =>
  testEnv.QUOTA_OBJECT.getByName(budgetOf(clientKey).object);

export const objectIdOf = (runId: string): string => testEnv.JOB_OBJECT.idFromName(runId).toString();

/** Takes the run's object out of memory, its sockets hibernated: the next call wakes it from storage. */
export const evict = (runId: string): Promise<void> => evictDurableObject(jobStub(runId));

export const evictQuota = (clientKey: string): Promise<void> => evictDurableObject(quotaStub(clientKey));

export const recordOf = (runId: string): Promise<JobRecord | null> =>
  runInDurableObject(jobStub(runId), (_instance, { storage }) => new JobStorage(storage).record());

export const alarmOf = (stub: DurableObjectStub): Promise<number | null> =>
  runInDurableObject(stub, (_instance, { storage }) => storage.getAlarm());

type Row = { state: string; version: number; public_id: string | null; finished_at_ms: number | null };

export const rowOf = (runId: string): Promise<Row | null> =>
  testEnv.DB.prepare("SELECT * FROM jobs WHERE object_id = ?1").bind(objectIdOf(runId)).first<Row>();

/** How much an object has stored, its alarm counted as one. */
export const storedIn = (stub: DurableObjectStub): Promise<number> =>
  runInDurableObject(stub, async (_instance, { storage }) => {
    const alarm = await storage.getAlarm();
    return [...storage.kv.list()].length + (alarm === null ? 0 : 1);
  });

export const bucketKeysOf = async (prefix = ""): Promise<string[]> => {
  const { objects } = await testEnv.BUCKET.list({ prefix });
  return objects.map((object) => object.key);
};

/** Everything of a run that is stored anywhere; all zero when nothing of it is left. */
export const traceOf = async (runId: string) => ({
  rows: (await rowOf(runId)) === null ? 0 : 1,
  objects: (await bucketKeysOf(bucketKeys.prefix(objectIdOf(runId)))).length,
  stored: await storedIn(jobStub(runId)),
});

export const NO_TRACE = { rows: 0, objects: 0, stored: 0 };

/** Jobs of files that ran before in the same runtime: they keep their ids when they are emptied. */
let leftBehind: ReadonlySet<string> = new Set();

/** From here on `worldOf` knows none of the jobs that there are. */
export const leaveJobsBehind = async (): Promise<void> => {
  leftBehind = new Set((await listDurableObjectIds(testEnv.JOB_OBJECT)).map(String));
};

/** Objects that store something; one that was only asked, or has removed itself, stores nothing. */
const storingJobs = async (): Promise<number> => {
  const all = await listDurableObjectIds(testEnv.JOB_OBJECT);
  const ids = all.filter((id) => !leftBehind.has(String(id)));
  const stored = await Promise.all(ids.map((id) => storedIn(testEnv.JOB_OBJECT.get(id))));
  return stored.filter((count) => count > 0).length;
};

/** Everything that is stored for anyone (rows follow their jobs, some a second later), and for one client's quota; a refused submission changes none of it. */
export const worldOf = async (clientKey: string) => ({
  objects: await bucketKeysOf(),
  jobs: await storingJobs(),
  quota: await storedIn(quotaStub(clientKey)),
});
