import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { POOL_NAME } from "../../../src/adapters/pool.ts";
import { Client } from "../support/client.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { addKey } from "../support/keys.ts";
import { alarmOf, evict, evictQuota, jobStub, objectIdOf, quotaStub, rowOf } from "../support/objects.ts";

/** What a later version of the service left, as this version finds it after it was put back. */
const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => executor.uninstall());

/** Stamps a stored value anew; answers the stamp of before. */
const stamp = (stub: DurableObjectStub, key: string, schema: number): Promise<number> =>
  runInDurableObject(stub, (_instance, { storage }) => {
    const value = storage.kv.get<{ schema: number }>(key);
    if (value === undefined) throw new Error(`there is no ${key}`);
    storage.kv.put(key, { ...value, schema });
    return value.schema;
  });

describe("a job whose record a later version stored", () => {
  it("is not misread, not changed and not given up, and is there again for the later version", async () => {
    const client = new Client();
    const id = await client.submit();
    await (await executor.of(id)).finish();
    const status = await client.status(id);
    const present = await stamp(jobStub(id), "job", 99);
    await evict(id);
    expect((await client.fetch(`/status/${id}`)).status).toBe(500);
    expect((await client.post(`/cancel/${id}`, {})).status).toBe(500);
    const before = await alarmOf(jobStub(id));
    await runDurableObjectAlarm(jobStub(id));
    expect(before).not.toBeNull();
    expect(await alarmOf(jobStub(id))).not.toBeNull();
    expect(await stamp(jobStub(id), "job", present)).toBe(99);
    await evict(id);
    expect(await client.status(id)).toEqual(status);
  });
});

describe("a log that a later version went on with", () => {
  it("is not misread", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await attempt.log("hello\n");
    await attempt.finish();
    await stamp(jobStub(id), "log/000000000001", 99);
    await evict(id);
    expect((await client.fetch(`/logs/${id}`)).status).toBe(500);
    expect(await client.status(id)).toMatchObject({ status: "completed" });
  });
});

describe("a budget that a later version stored", () => {
  it("grants nothing and is not changed", async () => {
    const client = new Client();
    await (await executor.of(await client.submit())).finish();
    const stub = quotaStub(client.address);
    await stamp(stub, "data", 99);
    await evictQuota(client.address);
    expect((await client.post("/submit", { code: "1" })).status).toBe(500);
    expect((await client.post("/submit", { code: "1" })).status).toBe(500);
    await stamp(stub, "data", 1);
    await evictQuota(client.address);
    await (await executor.of(await client.submit())).finish();
  });
});

describe("a row that a later version wrote", () => {
  it("is not misread in a list, and one from before there were stamps is read", async () => {
    const key = await addKey();
    const client = new Client();
    const headers = { "x-api-key": key, "content-type": "application/json" };
    const submitted = await client.fetch("/submit", { method: "POST", headers, body: '{"code":"1"}' });
    const { job_id: id } = await submitted.json<{ job_id: string }>();
    await until("the run is listed", async () => (await rowOf(id)) !== null);
    const set = testEnv.DB.prepare("UPDATE jobs SET schema = ?2 WHERE object_id = ?1");
    await set.bind(objectIdOf(id), 99).run();
    expect((await client.fetch("/runs", { headers })).status).toBe(500);
    await set.bind(objectIdOf(id), 1).run();
    expect(await client.json("/runs", { headers })).toMatchObject({ runs: [{ job_id: id }] });
    await (await executor.of(id)).finish();
  });
});

describe("a watcher's socket that a later version attached to", () => {
  it("is closed so that its holder comes again, and keeps nobody else from the job", async () => {
    const client = new Client();
    const id = await client.submit();
    const [stale, good] = [await client.socket(`/stream/${id}`), await client.socket(`/stream/${id}`)];
    await runInDurableObject(jobStub(id), (_instance, state) => {
      const [socket] = state.getWebSockets();
      const attachment = socket?.deserializeAttachment() as object;
      socket?.serializeAttachment({ ...attachment, schema: 99 });
    });
    await evict(id);
    const attempt = await executor.of(id);
    await attempt.log("hello\n");
    const closed = await Promise.race([stale.closed, good.closed]);
    expect(closed.code).toBe(1012);
    await Promise.race([stale.until("hello"), good.until("hello")]);
    await attempt.finish();
    expect((await Promise.all([stale.closed, good.closed])).map(({ code }) => code).toSorted()).toEqual([
      1000, 1012,
    ]);
  });
});

describe("a waiting job that a later version told the pool of", () => {
  it("is left to itself, and keeps no other one from its executor", async () => {
    const pool = testEnv.POOL_OBJECT.getByName(POOL_NAME);
    const objectId = "f".repeat(64);
    await runInDurableObject(pool, (_instance, { storage }) =>
      storage.kv.put(`wait/${objectId}`, { schema: 99, objectId }),
    );
    await evictDurableObject(pool);
    const client = new Client();
    await (await executor.of(await client.submit())).finish();
    await runInDurableObject(pool, (_instance, { storage }) => storage.kv.delete(`wait/${objectId}`));
  });
});
