import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { startCounting } from "../support/counting.ts";
import { bucketApi } from "../support/faults.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { evict, jobStub, recordOf } from "../support/objects.ts";
import {
  bucketEvent,
  CHECKSUM,
  CSV,
  create,
  dataOf,
  expectWorkloadError,
  notify,
  put,
  read,
  TAX,
} from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});
afterAll(() => executor.uninstall());

const client = new Client();
const TAX_PART = "trades.csv";

/** A job whose one part is there and that nobody has noticed yet. */
const uploaded = async () => {
  const { id, keys } = await create(client);
  const key = keys.get(TAX_PART) ?? "";
  await put(key, CSV);
  return { id, key };
};

const triggers: Record<string, (job: { id: string; key: string }) => Promise<unknown>> = {
  "the bucket's event": ({ key }) => notify(bucketEvent(key)),
  "the complete call": async ({ id }) => dataOf(await client.post(`${TAX}/${id}/complete`, {})),
  "a poll": ({ id }) => read(client, TAX, id),
  "the job's alarm": async ({ id }) => {
    moveClock(1_500);
    await evict(id);
    expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
  },
};

describe("a job whose upload is there", () => {
  for (const [name, trigger] of Object.entries(triggers)) {
    it(`is started by ${name} alone`, async () => {
      const job = await uploaded();
      expect(await recordOf(job.id)).toMatchObject({ state: "created" });
      await trigger(job);
      const attempt = await executor.of(job.id);
      await attempt.finish();
      expect(await read(client, TAX, job.id)).toMatchObject({ status: "succeeded" });
    });
  }

  it("is started once by all four together, and each may come again", async () => {
    const job = await uploaded();
    const all = () =>
      Promise.all(
        Object.values(triggers)
          .slice(0, 3)
          .map((trigger) => trigger(job)),
      );
    await all();
    await Promise.all([all(), runDurableObjectAlarm(jobStub(job.id))]);
    const attempt = await executor.of(job.id);
    await all();
    await attempt.finish();
    await all();
    expect(await recordOf(job.id)).toMatchObject({ state: "succeeded", attemptsMade: 1 });
    const held = [...executor.held.values()].filter(({ request }) =>
      request.attemptId.startsWith(attempt.request.attemptId.slice(0, 64)),
    );
    expect(held).toHaveLength(1);
  });
});

describe("a job that waits for its upload", () => {
  it("says on complete which required part is missing, and starts when it comes", async () => {
    const { id, keys } = await create(client, CHECKSUM, {});
    await put(keys.get("expected"), "0000", "text/plain");
    const refused = await expectWorkloadError(await client.post(`${CHECKSUM}/${id}/complete`, {}), 409);
    expect(refused).toMatchObject({ message: "Still missing: file", errors: [{ field: "file" }] });
    await put(keys.get("file"), "x", "text/plain");
    expect((await dataOf(await client.post(`${CHECKSUM}/${id}/complete`, {}))).status).not.toBe("created");
  });

  it("has the bucket looked into at most once a second by polls", async () => {
    const { id } = await create(client);
    const head = vi.spyOn(bucketApi, "head");
    moveClock(0);
    for (let poll = 0; poll < 5; poll++) await read(client, TAX, id);
    expect(head).toHaveBeenCalledTimes(1);
    moveClock(1_000);
    await read(client, TAX, id);
    expect(head).toHaveBeenCalledTimes(2);
  });

  it("is looked after by its alarm at growing intervals", async () => {
    const { id } = await create(client);
    const looks: number[] = [];
    for (let ring = 0; ring < 20; ring++) {
      const next = (await recordOf(id))?.upload?.checkAtMs ?? 0;
      looks.push(next);
      moveClock(next - Date.now());
      await evict(id);
      await runDurableObjectAlarm(jobStub(id));
    }
    const gaps = looks.slice(1).map((look, index) => Math.round((look - (looks[index] ?? 0)) / 1_000));
    expect(gaps).toEqual([...gaps].sort((one, other) => one - other));
    expect([gaps[0], gaps.at(-1)]).toEqual([2, 600]);
  });

  it("is answered about as soon as it ends, to a client that prefers to wait", async () => {
    const { id, keys } = await create(client);
    const waiting = client.fetch(`${TAX}/${id}`, { headers: { prefer: "wait=20" } });
    await put(keys.get(TAX_PART), CSV);
    const attempt = await executor.of(id);
    await attempt.finish();
    const response = await waiting;
    expect(response.headers.get("preference-applied")).toBe("wait=20");
    expect(await dataOf(response)).toMatchObject({ status: "succeeded" });
  });

  it("holds one call of its object while a client waits, and looks for the upload meanwhile", async () => {
    const { id, keys } = await create(client);
    const counts = await startCounting();
    const waiting = client.fetch(`${TAX}/${id}`, { headers: { prefer: "wait=20" } });
    await scheduler.wait(2_500);
    await put(keys.get(TAX_PART), CSV);
    expect(counts.objectRequests).toEqual(["snapshot", "waitForEnd"]);
    await (await executor.of(id)).finish();
    expect(await dataOf(await waiting)).toMatchObject({ status: "succeeded" });
    vi.restoreAllMocks();
  });
});

describe("the bucket's events", () => {
  it("that are malformed, repeated or of something else are acknowledged and ignored", async () => {
    const { id, key } = await uploaded();
    const bodies = [
      null,
      "PutObject",
      {},
      bucketEvent(key, { bucket: "another" }),
      bucketEvent(key, { action: "DeleteObject", object: { key } }),
      bucketEvent(key.replace("uploads", "outputs")),
      bucketEvent("elsewhere/file"),
      bucketEvent(`jobs/${"0".repeat(64)}/uploads/file-1`),
      bucketEvent(`jobs/${"a".repeat(63)}/uploads/file-1`),
    ];
    const result = await notify(...bodies);
    expect(result.explicitAcks).toHaveLength(bodies.length);
    expect(result.retryMessages).toEqual([]);
    expect(await recordOf(id)).toMatchObject({ state: "created" });
    const twice = await notify(bucketEvent(key), bucketEvent(key));
    expect(twice.explicitAcks).toHaveLength(2);
    await (await executor.of(id)).finish();
  });

  it("are retried while the bucket cannot be asked", async () => {
    const { id, key } = await uploaded();
    vi.spyOn(bucketApi, "head").mockRejectedValueOnce(new Error("R2 is not there"));
    const result = await notify(bucketEvent(key));
    expect(result.retryMessages).toHaveLength(1);
    await notify(bucketEvent(key));
    await (await executor.of(id)).finish();
  });
});
