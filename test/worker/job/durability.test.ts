import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { depsFor } from "../../../src/deps.ts";
import { acceptRun } from "../../../src/domain/submission/accept-run.ts";
import { jsonSource } from "../../../src/domain/submission/source.ts";
import { expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { startCounting } from "../support/counting.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { statementApi } from "../support/faults.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { alarmOf, evict, jobStub, quotaStub, recordOf, storedIn, worldOf } from "../support/objects.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});
afterAll(() => executor.uninstall());

const rawEnv = testEnv as unknown as Record<string, unknown>;

describe("a job with large values", () => {
  it("is stored in parts, renews its lease in a small value, and ends with a thousand long names", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit({
      code: "x".repeat(100_000),
      stdin: "ж".repeat(60_000),
      args: ["ж".repeat(60_000)],
      outputs: Array.from({ length: 1_000 }, (_, index) => `${"ж".repeat(30)}${index}`),
    });
    const attempt = await executor.of(id);
    const sizes = await runInDurableObject(jobStub(id), (_object, { storage }) =>
      [...storage.kv.list()].map(([key]) => key),
    );
    expect(sizes).toEqual(expect.arrayContaining(["job", "job/task", "job/task.inputs", "job/task.stdin"]));
    await attempt.started();
    moveClock(20_000);
    const counts = await startCounting();
    await attempt.report();
    expect(counts.objectRows).toEqual([expect.stringContaining("lease")]);
    await evict(id);
    expect((await recordOf(id))?.attempt?.leaseUntilMs).toBeGreaterThan(Date.now() + 30_000);
    const outputs = Array.from({ length: 1_000 }, (_, index) => ({
      path: `${"ж".repeat(250)}${index}`,
      sizeBytes: 1,
      sha256: "0".repeat(64),
    }));
    await attempt.finish({ outputs });
    await evict(id);
    expect(await client.status(id)).toMatchObject({ status: "completed" });
    expect(await client.json(`/outputs/${id}`)).toMatchObject({ total_files: expect.any(Number) });
  });

  it("is refused where its patterns are too much together, and costs nothing", async () => {
    const client = new Client();
    const outputs = Array.from({ length: 1_000 }, (_, index) => `${"ж".repeat(1_000)}${index}`);
    const problem = await expectProblem(
      await client.post("/submit", { code: "1", outputs }),
      400,
      "invalid_manifest",
    );
    expect(JSON.stringify(problem)).toContain("outputs");
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, jobs_last_hour: 0 } });
  });
});

describe("a submission whose client goes away", () => {
  const breakingOff = (bytes: Uint8Array): ReadableStream<Uint8Array> => {
    let isSent = false;
    return new ReadableStream({
      pull: (controller) => {
        if (isSent) controller.error(new Error("the client has gone"));
        else controller.enqueue(bytes);
        isSent = true;
      },
    });
  };

  it.each([1_000, 9 * 1_048_576])("after %i bytes holds no slot and leaves nothing", async (sizeBytes) => {
    const client = new Client();
    const before = await worldOf(client.address);
    const head = '--b\r\nContent-Disposition: form-data; name="files"; filename="main.py"\r\n\r\n';
    const body = new Uint8Array(sizeBytes).fill(10);
    body.set(new TextEncoder().encode(head));
    const sending = client.fetch("/submit", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: breakingOff(body),
    });
    await sending.catch(() => null);
    await until("no slot", async () => {
      const { your_quota: quota } = await client.json<{ your_quota: Record<string, unknown> }>("/stats");
      return quota.active_jobs === 0 && quota.jobs_last_hour === 0;
    });
    expect(await worldOf(client.address)).toMatchObject({ objects: before.objects, jobs: before.jobs });
  });
});

describe("an alarm", () => {
  /** Rings in an object that finds its configuration broken, and then, later, whole again. */
  const ringBroken = async (stub: DurableObjectStub, holder: (object: object) => { env: unknown }) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await evictDurableObject(stub);
    const delays: number[] = [];
    for (let count = 0; count < 3; count++) {
      const now = Date.now();
      await runInDurableObject(stub, async (object) => {
        const held = holder(object);
        const { env } = held;
        held.env = {};
        await (object as unknown as { alarm(): Promise<void> }).alarm();
        held.env = env;
      });
      delays.push(((await alarmOf(stub)) ?? 0) - now);
    }
    return delays;
  };

  const backsOff = (delays: readonly number[]): void => {
    for (const [index, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(4_000 * 2 ** index);
      expect(delay).toBeLessThanOrEqual(6_000 * 2 ** index);
    }
  };

  it("of a job survives a broken configuration, later each time, and does its work once it is whole", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit();
    await (await executor.of(id)).finish();
    moveClock(3_600_000);
    backsOff(await ringBroken(jobStub(id), (object) => object as { env: unknown }));
    expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
    expect(await storedIn(jobStub(id))).toBe(0);
  });

  it("of a quota survives a broken configuration", async () => {
    stopClock();
    const client = new Client();
    await (await executor.of(await client.submit())).finish();
    const stub = quotaStub(client.address);
    backsOff(await ringBroken(stub, (object) => (object as { state: { env: unknown } }).state));
    moveClock(3_600_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await storedIn(stub)).toBe(0);
  });

  it("of an idempotency key does its work after storage had failed", async () => {
    stopClock();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const client = new Client();
    const headers = { "content-type": "application/json", "idempotency-key": "one" };
    await client.fetch("/submit", { method: "POST", headers, body: '{"code":"1"}' });
    const keys = rawEnv.IDEMPOTENCY_OBJECT as DurableObjectNamespace;
    const { durableIdempotencyKeys } = await import("../../../src/adapters/idempotency-keys.ts");
    const get = vi.spyOn(Object.getPrototypeOf(keys), "get");
    const holder = durableIdempotencyKeys(keys).of(`runs ${client.address}`, "one");
    expect(holder).toBeDefined();
    const stub = get.mock.results.at(-1)?.value as DurableObjectStub;
    get.mockRestore();
    moveClock(24 * 3_600_000);
    await runInDurableObject(stub, async (object, { storage }) => {
      vi.spyOn(storage, "deleteAll").mockRejectedValueOnce(new Error("storage fails"));
      await (object as unknown as { alarm(): Promise<void> }).alarm();
    });
    expect((await alarmOf(stub)) ?? 0).toBeGreaterThan(Date.now());
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await storedIn(stub)).toBe(0);
  });
});

describe("cancelling", () => {
  it("reaches the executor although the database takes its time", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await scheduler.wait(1_200);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const run = statementApi.run;
    vi.spyOn(statementApi, "run").mockImplementation(async function (this: D1PreparedStatement) {
      await held;
      return run.call(this);
    });
    const answer = client.post(`/cancel/${id}`, {});
    await until("the executor's word", () => attempt.isCancelled);
    letGo();
    expect(await (await answer).json()).toMatchObject({ termination_reason: "cancelled" });
  });
});

describe("a job under the id of one that was removed", () => {
  it("frees its slot and tells its end as any other, in the same object", async () => {
    const client = new Client();
    const id = await client.submit();
    await (await executor.of(id)).finish({ cpuSeconds: 1 });
    await (jobStub(id) as unknown as { remove(): Promise<void> }).remove();
    const deps = depsFor(rawEnv);
    const body = { code: "print(2)" };
    const source = jsonSource(body, JSON.stringify(body));
    const outcome = await acceptRun(deps, {
      id,
      owner: null,
      clientKey: client.address,
      source,
      trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
    });
    expect(outcome.kind).toBe("accepted");
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 1 } });
    await (await executor.of(id)).finish({ cpuSeconds: 2 });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 3 } });
  });
});
