import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HEARTBEAT_MS, LEASE_MS } from "../../../src/wire/limits.ts";
import { Client } from "../support/client.ts";
import { hurryTimers, moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { alarmOf, evict, jobStub, recordOf, rowOf } from "../support/objects.ts";

const executor = new HandExecutor();
let restoreTimers = (): void => undefined;
beforeAll(async () => {
  await executor.install();
  restoreTimers = hurryTimers();
});
afterEach(() => {
  restoreClock();
  executor.isDown = false;
  executor.refusals = [];
});
afterAll(() => {
  restoreTimers();
  executor.uninstall();
});

const start = async () => {
  stopClock();
  const client = new Client();
  const id = await client.submit();
  return { client, id, attempt: await executor.of(id) };
};

/** Lets time pass and the object's alarm ring, in an object that was evicted meanwhile. */
const ring = async (id: string, afterMs: number): Promise<void> => {
  moveClock(afterMs);
  await evict(id);
  expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
};

describe("a lease", () => {
  it("that runs out gives the job to another attempt, and shuts the old one out", async () => {
    const { client, id, attempt } = await start();
    await attempt.log("from the first\n");
    await ring(id, LEASE_MS);
    const second = await executor.of(id);
    expect(second.request.attemptId).not.toBe(attempt.request.attemptId);
    expect(second.request.attemptToken).not.toBe(attempt.request.attemptToken);
    const late = await attempt.post([{ ...attempt.finished({ exitCode: 1 }), n: 2 }]);
    expect([late.status, await late.json()]).toMatchObject([409, { error: { code: "stale_attempt" } }]);
    await second.log("from the second\n");
    await second.finish();
    expect(await client.status(id)).toMatchObject({ status: "completed", exit_code: 0, attempts: 2 });
    expect(await client.json(`/logs/${id}`)).toMatchObject({ stdout: "from the second\n", next: 2 });
  });

  it("that is renewed by heartbeats holds", async () => {
    const { client, id, attempt } = await start();
    for (let beat = 0; beat < 4; beat++) {
      moveClock(LEASE_MS - 1);
      expect((await attempt.post([])).status).toBe(200);
      await evict(id);
      await runDurableObjectAlarm(jobStub(id));
    }
    expect(await client.status(id)).toMatchObject({ status: "running", attempts: 1 });
    await attempt.finish();
    expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("is renewed by a log as by a heartbeat", async () => {
    const { id, attempt } = await start();
    moveClock(LEASE_MS - 1);
    await attempt.log("alive");
    await ring(id, LEASE_MS - 1);
    await attempt.finish();
  });

  it("that is young is not stored again, so that many reports cost few rows", async () => {
    const { id, attempt } = await start();
    await attempt.post([]);
    const before = await recordOf(id);
    moveClock(HEARTBEAT_MS - 1);
    await attempt.post([]);
    expect(await recordOf(id)).toEqual(before);
    moveClock(1);
    await attempt.post([]);
    expect(await recordOf(id)).not.toEqual(before);
  });

  it("always has an alarm behind it", async () => {
    const { id, attempt } = await start();
    const lease = (await recordOf(id))?.attempt?.leaseUntilMs ?? 0;
    expect(await alarmOf(jobStub(id))).toBeLessThanOrEqual(lease);
    moveClock(10_000);
    await attempt.post([]);
    await runDurableObjectAlarm(jobStub(id));
    const renewed = (await recordOf(id))?.attempt?.leaseUntilMs ?? 0;
    expect(renewed).toBeGreaterThan(lease);
    expect(await alarmOf(jobStub(id))).toBeLessThanOrEqual(renewed);
  });

  it("has its alarm behind it where the job had waited for so long that it asks only seldom", async () => {
    stopClock();
    const client = new Client();
    executor.isDown = true;
    const id = await client.submit();
    await ring(id, LEASE_MS);
    await ring(id, 10_000);
    expect(await alarmOf(jobStub(id))).toBeGreaterThan(Date.now() + 2 * LEASE_MS);
    executor.isDown = false;
    await executor.install();
    await executor.of(id);
    await until("the alarm at the lease", async () => {
      const at = await alarmOf(jobStub(id));
      return at !== null && at <= Date.now() + LEASE_MS;
    });
  });

  it("lost three times ends the job as the infrastructure's failure, its slot freed and nothing charged", async () => {
    const { client, id } = await start();
    await ring(id, LEASE_MS);
    await executor.of(id);
    await ring(id, LEASE_MS);
    await executor.of(id);
    await ring(id, LEASE_MS);
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      termination_reason: "infrastructure",
      reason_message: "the executor stopped reporting",
      exit_code: null,
      attempts: 3,
    });
    expect(await rowOf(id)).toMatchObject({ state: "failed" });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 0 } });
  });
});

describe("what an attempt used", () => {
  it("is charged by its last word when its lease runs out, once for each attempt", async () => {
    const { client, id, attempt } = await start();
    const beat = async (of: typeof attempt, cpuSeconds: number) => {
      moveClock(HEARTBEAT_MS + 1);
      expect((await of.post([], of.request.attemptToken, { cpuSeconds })).status).toBe(200);
    };
    await beat(attempt, 1.5);
    await beat(attempt, 2.25);
    // One that forgets, or says less, takes nothing back.
    await beat(attempt, 0.5);
    await ring(id, LEASE_MS);
    const second = await executor.of(id);
    await beat(second, 0.75);
    await ring(id, LEASE_MS);
    await (await executor.of(id)).finish({ cpuSeconds: 0.5 });
    expect(await client.status(id)).toMatchObject({ status: "completed" });
    expect(await client.json("/stats")).toMatchObject({
      your_quota: { active_jobs: 0, used: expect.closeTo(3.5, 5) },
    });
  });

  it("is charged once where a result that blames the infrastructure says it again", async () => {
    const { client, id, attempt } = await start();
    moveClock(HEARTBEAT_MS + 1);
    await attempt.post([], attempt.request.attemptToken, { cpuSeconds: 2 });
    await attempt.finish({ reason: "infrastructure", exitCode: null, message: "gone", cpuSeconds: 2.5 });
    await (await executor.of(id)).finish({ cpuSeconds: 0.25 });
    expect(await client.json("/stats")).toMatchObject({
      your_quota: { active_jobs: 0, used: expect.closeTo(2.75, 5) },
    });
  });

  it.each([-1, "2", null])("that is %j is refused, and changes nothing", async (cpuSeconds) => {
    const { attempt } = await start();
    const response = await attempt.post([], attempt.request.attemptToken, {
      cpuSeconds: cpuSeconds as number,
    });
    expect(response.status).toBe(400);
  });
});

describe("an attempt", () => {
  it("that blames the infrastructure is made again, up to three in all, and what it used is charged", async () => {
    const { client, id, attempt } = await start();
    const blame = { reason: "infrastructure", exitCode: null, message: "no inputs" } as const;
    await attempt.finish(blame);
    await (await executor.of(id)).finish(blame);
    expect(await client.status(id)).toMatchObject({ status: expect.stringMatching(/queued|running/) });
    await (await executor.of(id)).finish(blame);
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      termination_reason: "infrastructure",
      reason_message: "no inputs",
      attempts: 3,
    });
    expect(await client.json("/stats")).toMatchObject({
      your_quota: { active_jobs: 0, used: expect.closeTo(0.15, 5) },
    });
  });

  it("ends at its deadline, however lively it reports", async () => {
    const { client, id, attempt } = await start();
    const deadlineMs = 300_000 + 600_000;
    const stepMs = 30_000;
    for (let passedMs = 0; passedMs + stepMs < deadlineMs; passedMs += stepMs) {
      moveClock(stepMs);
      await attempt.post([]);
    }
    moveClock(stepMs - 1);
    await attempt.post([]);
    await runDurableObjectAlarm(jobStub(id));
    expect(await client.status(id)).toMatchObject({ status: "running", attempts: 1 });
    await ring(id, 1);
    const second = await executor.of(id);
    expect((await attempt.post([])).status).toBe(409);
    await second.finish();
    expect(await client.status(id)).toMatchObject({ status: "completed", attempts: 2 });
  });

  it("that executors refuse is offered again after a minute, and not for ever", async () => {
    stopClock();
    executor.refusals = ["invalid", "invalid", "invalid", "invalid", "environment"];
    const client = new Client();
    const id = await client.submit();
    for (const left of [4, 3, 2, 1]) {
      await until("a refusal", () => executor.refusals.length === left);
      moveClock(60_000);
    }
    await until("the end", async () => (await client.status(id)).status === "failed");
    expect(await client.status(id)).toMatchObject({
      termination_reason: "infrastructure",
      reason_message: "No executor would take it: environment",
      attempts: 0,
    });
  });

  it("that fails before its program started leaves the next one a clean log", async () => {
    const { client, id, attempt } = await start();
    await attempt.log("half a line");
    await attempt.finish({ reason: "infrastructure", exitCode: null, message: "gone" });
    const second = await executor.of(id);
    expect(await client.json(`/logs/${id}`)).toMatchObject({ stdout: "", status: "running" });
    await second.finish();
    expect(await client.json(`/logs/${id}`)).toMatchObject({ stdout: "", status: "completed" });
  });
});

describe("a queued job", () => {
  it("fails when no executor was free by its deadline", async () => {
    stopClock();
    executor.isDown = true;
    const client = new Client();
    const id = await client.submit();
    await ring(id, 3_600_000);
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      termination_reason: "infrastructure",
      reason_message: "no executor was free before the deadline",
      attempts: 0,
      queue_position: 0,
    });
    expect(await rowOf(id)).toMatchObject({ state: "failed", finished_at_ms: Date.now() });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0 } });
  });

  it("knows its place among the queued ones", async () => {
    executor.isDown = true;
    const client = new Client();
    const ids = [await client.submit(), await client.submit()];
    await until("both on the list", async () => {
      moveClock(6_000);
      return (await client.json<{ system: { queue_length: number } }>("/stats")).system.queue_length >= 2;
    });
    const places = await Promise.all(ids.map(async (id) => (await client.status(id)).queue_position));
    expect(Number(places[1])).toBeGreaterThanOrEqual(Number(places[0]));
    expect(Number(places[0])).toBeGreaterThanOrEqual(1);
    const { system } = await client.json<{ system: { queue_length: number } }>("/stats");
    expect(system.queue_length).toBeGreaterThanOrEqual(1);
    for (const id of ids) await client.post(`/cancel/${id}`, {});
  });
});
