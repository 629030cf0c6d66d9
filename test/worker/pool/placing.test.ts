import { runDurableObjectAlarm, SELF } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { HandAttempt } from "../support/hand-executor.ts";
import { jobStub, objectIdOf } from "../support/objects.ts";
import { evictPool, poolStub, Seat, storedWaiting, viewOf } from "./support.ts";

const seats: Seat[] = [];
const sit = async (...args: ConstructorParameters<typeof Seat>): Promise<Seat> => {
  const seat = await new Seat(...args).join();
  seats.push(seat);
  return seat;
};

afterEach(async () => {
  vi.restoreAllMocks();
  restoreClock();
  await cancelAll(made.splice(0));
  for (const seat of seats.splice(0)) seat.close(1000);
  await until("nobody", async () => (await viewOf()).executors.length === 0);
});

const waitingOf = async (): Promise<number> => (await viewOf()).waiting;

type Job = { readonly client: Client; readonly id: string };
/** What a test submitted; nothing of it is left to the next. */
const made: Job[] = [];

/** Each by a client of its own, so that no quota stands in the way. */
const submitted = async (count: number, body: Record<string, unknown> = { code: "1" }) => {
  const jobs: Job[] = [];
  for (let at = 0; at < count; at += 1) {
    const client = new Client();
    jobs.push({ client, id: await client.submit(body) });
  }
  made.push(...jobs);
  return jobs;
};

const cancelAll = async (jobs: readonly Job[]): Promise<void> => {
  for (const { client, id } of jobs) await client.post(`/cancel/${id}`, {});
};

describe("a job", () => {
  it("that finds room at once is written nowhere in the pool", async () => {
    const seat = await sit();
    const [job] = await submitted(1);
    const attempt = await seat.attempt();
    expect(await storedWaiting()).toBe(0);
    await attempt.finish();
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
    await until("room again", async () => (await viewOf()).executors[0]?.held === 0);
  });

  it("waits while there is nobody, over a reset, and is placed when somebody joins", async () => {
    const [job] = await submitted(1);
    await until("it waits", async () => (await waitingOf()) === 1);
    expect(await storedWaiting()).toBe(1);
    await evictPool();
    const seat = await sit();
    await (await seat.attempt()).finish();
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
    expect(await storedWaiting()).toBe(0);
  });

  it("waits for forty minutes, is refused, and has its one attempt and all of its time after the claim", async () => {
    const [job] = await submitted(1, { code: "1", timeout: 20 });
    await until("it waits", async () => (await waitingOf()) === 1);
    moveClock(40 * 60_000);
    const refusing = await sit({ answers: "busy" });
    await until("a refusal", async () => (await viewOf()).executors[0]?.refused === 1);
    expect(await job?.client.status(job.id)).toMatchObject({ status: "queued", attempts: 0 });
    const seat = await sit();
    const attempt = await seat.attempt();
    await attempt.claim();
    moveClock(19_000);
    await attempt.log("late\n");
    await runDurableObjectAlarm(jobStub(job?.id ?? ""));
    expect(await job?.client.status(job.id)).toMatchObject({ status: "running", attempts: 1 });
    await attempt.finish();
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
    expect(refusing.attempts).toEqual([]);
  });

  it("waits for a slot, and goes when one is released", async () => {
    const seat = await sit({ slots: 1 });
    const jobs = await submitted(2);
    const first = await seat.attempt();
    await until("one waits", async () => (await waitingOf()) === 1);
    expect((await viewOf()).executors[0]).toMatchObject({ held: 1, slots: 1 });
    await first.finish();
    await (await seat.attempt()).finish();
    for (const { client, id } of jobs) expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("waits for memory: two programs that need 612 MB each do not go onto an executor of 1,200", async () => {
    const seat = await sit({ slots: 4, memoryMb: 1_200 });
    const jobs = await submitted(2);
    const first = await seat.attempt();
    await until("one waits", async () => (await waitingOf()) === 1);
    await first.finish();
    await (await seat.attempt()).finish();
    for (const { client, id } of jobs) expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("that is cancelled while it waits is forgotten, and never offered", async () => {
    const jobs = await submitted(1);
    await until("it waits", async () => (await waitingOf()) === 1);
    await cancelAll(jobs);
    expect(await waitingOf()).toBe(0);
    expect(await storedWaiting()).toBe(0);
    const seat = await sit();
    expect(seat.attempts).toEqual([]);
  });

  it("that is cancelled after it was taken, and before it was claimed, is killed where it runs", async () => {
    const seat = await sit();
    const [job] = await submitted(1);
    const attempt = await seat.attempt();
    await cancelAll(job === undefined ? [] : [job]);
    expect(await job?.client.status(job.id)).toMatchObject({ termination_reason: "cancelled", attempts: 0 });
    const { attemptId } = attempt.request;
    await until("the word to kill it", () =>
      seat.heard.some((message) => message.type === "cancel" && message.attempt_id === attemptId),
    );
    expect((await attempt.claim()).status).toBe(409);
  });

  it("is claimed by one of two that were offered it, and the other's report is stale", async () => {
    const slow = await sit({ answers: "nothing" });
    const [job] = await submitted(1);
    await until("its offer", () => slow.offersOf(objectIdOf(job?.id ?? "")) === 1);
    const request = slow.heard.flatMap((message) =>
      message.type === "offer" ? (message.attempt ?? []) : [],
    )[0];
    if (request === undefined) throw new Error("the offer came without its attempt");
    const other = await sit();
    // The silent one is asked no more after five seconds.
    const attempt = await other.attempt();
    expect((await attempt.claim()).status).toBe(200);
    const late = new HandAttempt(request);
    expect((await late.claim()).status).toBe(409);
    await attempt.finish();
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
  }, 20_000);
});

describe("outputs", () => {
  it("of a program that ended before its first report are granted room, which claims the job", async () => {
    const seat = await sit();
    const [job] = await submitted(1);
    const attempt = await seat.attempt();
    const outputs = [{ path: "a.txt", sizeBytes: 1, sha256: "a".repeat(64) }];
    expect(await attempt.uploadUrls(outputs)).toHaveLength(1);
    expect(await job?.client.status(job.id)).toMatchObject({ status: "running", attempts: 1 });
    await attempt.finish({ outputs });
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
  });
});

describe("an executor that", () => {
  it("refuses a job is not asked for it again, while another takes it", async () => {
    const refusing = await sit({ answers: "environment" });
    const [job] = await submitted(1);
    await until("its refusal", async () => (await viewOf()).executors[0]?.refused === 1);
    const taking = await sit();
    await (await taking.attempt()).finish();
    expect(refusing.offersOf(objectIdOf(job?.id ?? ""))).toBe(1);
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
  });

  it("loses its connection and comes back keeps what it holds", async () => {
    const seat = await sit({ slots: 1 });
    const [job] = await submitted(1);
    const attempt = await seat.attempt();
    await attempt.claim();
    seat.close();
    const again = new Seat({ slots: 1 }, seat.instance);
    again.answers = "nothing";
    await again.join();
    again.hello([{ attempt_id: attempt.request.attemptId, memory_mb: 612 }]);
    seats.push(again);
    await until("what it holds", async () => (await viewOf()).executors[0]?.held === 1);
    await attempt.finish();
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
  });

  it("leaves with a job that it took and never claimed gives it to another", async () => {
    const seat = await sit();
    const [job] = await submitted(1);
    await seat.attempt();
    const other = await sit();
    seat.close(1000);
    const attempt = await other.attempt();
    await attempt.finish();
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 1 });
  });

  it("dies with a claimed job: its lease runs out, and another gets the job, with another number", async () => {
    const seat = await sit();
    const [job] = await submitted(1);
    const attempt = await seat.attempt();
    await attempt.log("of the first\n");
    seat.close(1000);
    await until("nobody", async () => (await viewOf()).executors.length === 0);
    moveClock(45_000);
    await runDurableObjectAlarm(jobStub(job?.id ?? ""));
    const other = await sit();
    const next = await other.attempt();
    await next.log("of the second\n");
    await next.finish();
    expect((await attempt.post([])).status).toBe(409);
    expect(await job?.client.status(job.id)).toMatchObject({ status: "completed", attempts: 2 });
    expect((await job?.client.json<{ stdout: string }>(`/logs/${job.id}`))?.stdout).toBe("of the second\n");
  });

  it("signs with another key than it joined with ends its attempt, and after three is used no more", async () => {
    const seat = await sit({ slots: 1 });
    const jobs = await submitted(4);
    for (let at = 0; at < 3; at += 1) {
      const attempt = await seat.attempt();
      const forged = { ...attempt.finished(), n: 1 };
      const signature = {
        workerId: `${"B".repeat(43)}=`,
        signature: `${"B".repeat(86)}==`,
        signedPayload: "forged",
      };
      expect((await attempt.post([{ ...forged, signature }])).status).toBe(401);
      seat.say({ type: "released", attempt_id: attempt.request.attemptId, memory_mb: 612 });
    }
    await until("its quarantine", async () => (await viewOf()).executors[0]?.state === "drained");
    const pool = poolStub() as unknown as { release(instance: string): Promise<boolean> };
    expect(await pool.release("0".repeat(32))).toBe(false);
    expect(await pool.release(seat.instance)).toBe(true);
    const attempt = await seat.attempt();
    await attempt.finish();
    expect(jobs).toHaveLength(4);
  });
});

describe("a result", () => {
  beforeAll(() => restoreClock());

  it.each([
    ["a changed exit code", { exitCode: 1 }],
    ["changed CPU time", { cpuSeconds: 9 }],
    ["another output", { outputs: [{ path: "x", sizeBytes: 1, sha256: "a".repeat(64) }] }],
    ["no signature", { signature: null }],
  ])("with %s behind its signature does not count", async (_what, change) => {
    const seat = await sit();
    const [job] = await submitted(1);
    const attempt = await seat.attempt();
    await attempt.claim();
    const event = { ...attempt.finished(), n: 1, ...change };
    const response = await SELF.fetch(
      `http://sandpiper.test/executor/attempts/${attempt.request.attemptId}/events`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${attempt.request.attemptToken}` },
        body: JSON.stringify({ events: [event] }),
      },
    );
    expect(response.status).toBe(401);
    expect(await job?.client.status(job.id)).not.toMatchObject({ status: "completed" });
  });
});
