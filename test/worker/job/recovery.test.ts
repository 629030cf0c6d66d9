import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import worker from "../../../src/index.ts";
import { Client } from "../support/client.ts";
import { hurryTimers, moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { failDatabaseWrites, failQueueSends, failQuotaCall, loseAnswerOfCreate } from "../support/faults.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import {
  alarmOf,
  evict,
  jobStub,
  NO_TRACE,
  objectIdOf,
  recordOf,
  rowOf,
  traceOf,
} from "../support/objects.ts";

const executor = new HandExecutor();
let restoreTimers = (): void => undefined;
beforeAll(async () => {
  await executor.install();
  restoreTimers = hurryTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
  executor.isDown = false;
});
afterAll(() => {
  restoreTimers();
  executor.uninstall();
});

const env = testEnv as unknown as Record<string, unknown>;

/** Lets time pass and the alarm ring in an object that has forgotten what is not stored. */
const ring = async (id: string, afterMs: number): Promise<void> => {
  moveClock(afterMs);
  await evict(id);
  expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
};

/** The message of this job is lost on its way, as if a consumer had died with it. */
const submitAndLoseMessage = async (client: Client): Promise<string> => {
  failQueueSends(0).mockResolvedValueOnce({ metadata: { metrics: { backlogBytes: 0, backlogCount: 0 } } });
  return client.submit();
};

describe("a job that was answered with 2xx", () => {
  it("is sent to the queue again when its message got lost", async () => {
    stopClock();
    const client = new Client();
    const id = await submitAndLoseMessage(client);
    await ring(id, 44_999);
    expect(await client.status(id)).toMatchObject({ status: "queued" });
    await ring(id, 1);
    await (await executor.of(id)).finish();
    expect(await client.status(id)).toMatchObject({ status: "completed", attempts: 1 });
  });

  it("is dispatched although the queue did not take its message", async () => {
    stopClock();
    const client = new Client();
    failQueueSends(1);
    const id = await client.submit();
    expect(await alarmOf(jobStub(id))).toBeLessThanOrEqual(Date.now() + 45_000);
    await ring(id, 45_000);
    await (await executor.of(id)).finish();
    expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("ends by its deadline even if queue, database and object fail together", async () => {
    stopClock();
    const client = new Client();
    failQueueSends(1);
    failDatabaseWrites(2);
    const id = await client.submit();
    executor.isDown = true;
    await ring(id, 5_000);
    await ring(id, 3_600_000);
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      termination_reason: "infrastructure",
    });
    await runDurableObjectAlarm(jobStub(id));
    expect(await rowOf(id)).toMatchObject({ state: "failed" });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0 } });
  });

  it("is created once when the first answer of its object is lost", async () => {
    const client = new Client();
    loseAnswerOfCreate();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await attempt.finish();
    expect(await client.json("/stats")).toMatchObject({ your_quota: { jobs_last_hour: 1 } });
    expect(await client.status(id)).toMatchObject({ status: "completed", attempts: 1 });
  });
});

describe("the database row", () => {
  it("is written by the alarm when it could not be at first", async () => {
    stopClock();
    const client = new Client();
    failDatabaseWrites(1);
    const id = await submitAndLoseMessage(client);
    expect(await rowOf(id)).toBeNull();
    await ring(id, 5_000);
    expect(await rowOf(id)).toMatchObject({ state: "queued", version: 1, public_id: null });
    await client.post(`/cancel/${id}`, {});
  });

  it("follows the job's end by the alarm when it could not at once", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await until("the running row", async () => (await rowOf(id))?.state === "running");
    failDatabaseWrites(1);
    await attempt.finish();
    expect(await rowOf(id)).toMatchObject({ finished_at_ms: null });
    expect(await client.status(id)).toMatchObject({ status: "completed" });
    await ring(id, 5_000);
    const record = await recordOf(id);
    expect(await rowOf(id)).toMatchObject({
      state: "succeeded",
      version: record?.version,
      finished_at_ms: record?.finishedAtMs,
    });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 0.05 } });
  });

  it("is never older than what was stored after it", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await attempt.finish();
    const row = await rowOf(id);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await rowOf(id)).toEqual(row);
  });
});

describe("the quota", () => {
  it("is settled by the alarm when it could not be at once, and only once", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    failQuotaCall("settle");
    await attempt.finish({ cpuSeconds: 2 });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 1, used: 0 } });
    await ring(id, 5_000);
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 2 } });
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 2 } });
  });
});

describe("cancelling", () => {
  it("ends a queued job at once, and nothing of it is run", async () => {
    const client = new Client();
    const id = await submitAndLoseMessage(client);
    const body = await (await client.post(`/cancel/${id}`, {})).json();
    expect(body).toMatchObject({
      status: "failed",
      termination_reason: "cancelled",
      cancel_requested: false,
      queue_position: 0,
      attempts: 0,
    });
    expect(await rowOf(id)).toMatchObject({ state: "cancelled" });
    const batch = createMessageBatch("sandpiper-dispatch", [
      { id: "late", timestamp: Date.now(), attempts: 1, body: { objectId: objectIdOf(id) } },
    ]);
    const ctx = createExecutionContext();
    await worker.queue(batch, env);
    expect(await getQueueResult(batch, ctx)).toMatchObject({ explicitAcks: ["late"], retryMessages: [] });
    expect(await client.status(id)).toMatchObject({ attempts: 0 });
  });

  it("does not change a job that has ended", async () => {
    const client = new Client();
    const id = await client.submit();
    await (await executor.of(id)).finish();
    const before = await client.status(id);
    expect(await (await client.post(`/cancel/${id}`, {})).json()).toEqual(before);
    expect(await client.status(id)).toEqual(before);
  });

  it("asks through the reports when the executor cannot be told directly", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await evict(id);
    executor.isDown = true;
    const answer = await client.post(`/cancel/${id}`, {});
    expect(await answer.json()).toMatchObject({ status: "running", cancel_requested: true });
    await evict(id);
    await attempt.log("still here");
    expect(attempt.isCancelled).toBe(true);
    await attempt.finish({ reason: "cancelled", exitCode: null, cpuSeconds: 1 });
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      termination_reason: "cancelled",
      cancel_requested: false,
    });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 1 } });
  });

  it("takes effect when the lease of a silent executor runs out, without another attempt", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit();
    await executor.of(id);
    executor.isDown = true;
    await client.post(`/cancel/${id}`, {});
    await ring(id, 45_000);
    expect(await client.status(id)).toMatchObject({ termination_reason: "cancelled", attempts: 1 });
  });

  it("answers 404 for an unknown job", async () => {
    expect((await new Client().post(`/cancel/job-${"1".repeat(32)}`, {})).status).toBe(404);
    expect((await new Client().post("/cancel/job_1_1", {})).status).toBe(404);
  });
});

describe("the retention", () => {
  it("deletes everything of a job from database, bucket and object, and every route says 404", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit({ code: "1", stdin: "x".repeat(200_000) });
    const attempt = await executor.of(id);
    await attempt.log("text");
    await attempt.finish();
    expect(await traceOf(id)).toEqual({ rows: 1, objects: 1, stored: 3 });
    await ring(id, 3_600_000 - 1);
    expect(await client.status(id)).toMatchObject({ status: "completed" });
    await ring(id, 1);
    expect(await traceOf(id)).toEqual(NO_TRACE);
    for (const path of ["status", "logs", "outputs", "download"]) {
      expect((await client.fetch(`/${path}/${id}`)).status).toBe(404);
    }
    expect((await client.post(`/cancel/${id}`, {})).status).toBe(404);
    expect((await attempt.post([])).status).toBe(409);
    expect(await runDurableObjectAlarm(jobStub(id))).toBe(false);
    expect(await traceOf(id)).toEqual(NO_TRACE);
  });

  it("tries again when the database fails while it deletes", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit();
    await (await executor.of(id)).finish();
    moveClock(3_600_000);
    failDatabaseWrites(1);
    await runDurableObjectAlarm(jobStub(id));
    expect(await traceOf(id)).not.toEqual(NO_TRACE);
    await ring(id, 5_000);
    expect(await traceOf(id)).toEqual(NO_TRACE);
  });

  it("leaves no row behind a job whose end was still being written", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await until("the running row", async () => (await rowOf(id))?.state === "running");
    failDatabaseWrites(1);
    await attempt.finish();
    await ring(id, 3_600_000);
    await until("no trace", async () => (await traceOf(id)).rows === 0);
    expect(await traceOf(id)).toEqual(NO_TRACE);
  });
});

describe("the second lines of defence", () => {
  const queue = async (name: string, body: unknown) => {
    const batch = createMessageBatch(name, [{ id: "m", timestamp: Date.now(), attempts: 100, body }]);
    await worker.queue(batch, env);
    return getQueueResult(batch, createExecutionContext());
  };

  it("wake a job whose message ran out of retries, and take the message", async () => {
    stopClock();
    const client = new Client();
    const id = await submitAndLoseMessage(client);
    moveClock(3_600_000);
    expect(await queue("sandpiper-dispatch-dead", { objectId: objectIdOf(id) })).toMatchObject({
      explicitAcks: ["m"],
    });
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      termination_reason: "infrastructure",
    });
  });

  it.each([{ objectId: "no id" }, { objectId: "0".repeat(64) }, {}, null, "text"])(
    "take a message that names no job: %j",
    async (body) => {
      for (const name of ["sandpiper-dispatch", "sandpiper-dispatch-dead"]) {
        expect(await queue(name, body)).toMatchObject({ explicitAcks: ["m"], retryMessages: [] });
      }
    },
  );

  it("sweep up jobs whose alarm was lost, by the cron", async () => {
    stopClock();
    const client = new Client();
    const id = await submitAndLoseMessage(client);
    await until("its row", async () => (await rowOf(id)) !== null);
    moveClock(3_600_001);
    const ctx = createExecutionContext();
    const controller = createScheduledController({ scheduledTime: Date.now(), cron: "*/10 * * * *" });
    await worker.scheduled(controller, env);
    await waitOnExecutionContext(ctx);
    expect(await client.status(id)).toMatchObject({ termination_reason: "infrastructure" });
    expect(await rowOf(id)).toMatchObject({ state: "failed" });
  });
});
