import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { alarmOf, evict, evictQuota, jobStub, quotaStub, storedIn, worldOf } from "../support/objects.ts";
import { files, manifest, upload } from "../support/uploads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const CODE = { code: "1" };

/** Submits a run and lets it end with this CPU time. */
const use = async (client: Client, cpuSeconds: number): Promise<string> => {
  const id = await client.submit(CODE);
  await (await executor.of(id)).finish({ cpuSeconds });
  return id;
};

const quotaOf = async (client: Client) => {
  const { your_quota } = await client.json<{ your_quota: Record<string, unknown> }>("/stats");
  return your_quota;
};

const refusalOf = async (client: Client) => {
  const response = await client.post("/submit", CODE);
  const body = await expectProblem(response, 429, "rate_limited");
  expect(response.headers.get("retry-after")).toBe(String(body.retry_after));
  return { body, limit: response.headers.get("ratelimit") };
};

describe("the rule of two unfinished jobs", () => {
  it("refuses a third with its reason, in the body's every member and in the headers", async () => {
    const client = new Client();
    const held = [await client.submit(CODE), await client.submit(CODE)];
    const { body, limit } = await refusalOf(client);
    expect(body).toStrictEqual({
      type: "urn:sandpiper:error:rate_limited",
      title: "Rate limit exceeded",
      status: 429,
      error: "Rate limit exceeded",
      retry_after: 5,
      reason: "Max concurrent jobs reached (2)",
      cpu_available: 10,
      active_jobs: 2,
    });
    expect(limit).toBe('"active";r=0;t=5, "hour";r=18, "cpu";r=10');
    expect(await quotaOf(client)).toMatchObject({
      active_jobs: 2,
      jobs_last_hour: 2,
      can_submit: false,
      reason: "Max concurrent jobs reached (2)",
      retry_after: 5,
    });
    await (await executor.of(held[0] ?? "")).finish();
    await (await executor.of(held[1] ?? "")).finish();
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 0, can_submit: true, reason: "" });
  });

  it("grants two of ten submissions that come at once", async () => {
    const client = new Client();
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.post("/submit", CODE)));
    const granted = answers.filter((response) => response.status === 200);
    expect(granted.length).toBe(2);
    expect(answers.filter((response) => response.status === 429).length).toBe(8);
    for (const response of granted) {
      await (await executor.of((await response.json<{ job_id: string }>()).job_id)).finish();
    }
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 0, jobs_last_hour: 2 });
  });

  it("counts a cancelled job no more", async () => {
    const client = new Client();
    const ids = [await client.submit(CODE), await client.submit(CODE)];
    for (const id of ids) await client.post(`/cancel/${id}`, {});
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 0, can_submit: true });
  });
});

describe("the rule of 10 CPU-seconds a minute", () => {
  it("names the exact whole second at which enough has left the window", async () => {
    stopClock();
    const client = new Client();
    await use(client, 4);
    moveClock(20_000);
    await use(client, 3);
    moveClock(10_000);
    await use(client, 5.5);
    const { body, limit } = await refusalOf(client);
    // The 4 seconds leave after 60, 30 of them gone; what is left then is below 10.
    expect(body).toMatchObject({
      reason: "CPU quota exhausted, wait 30 seconds",
      retry_after: 30,
      cpu_available: 0,
      active_jobs: 0,
    });
    expect(limit).toBe('"active";r=2, "hour";r=17, "cpu";r=0;t=30');
    moveClock(29_000);
    expect((await refusalOf(client)).body.retry_after).toBe(1);
    moveClock(1_000);
    expect(await quotaOf(client)).toMatchObject({ used: 8.5, available: 1.5, can_submit: true });
    await use(client, 0);
  });

  it("waits for as many samples as it takes", async () => {
    stopClock();
    const client = new Client();
    await use(client, 1);
    moveClock(10_000);
    await use(client, 30);
    expect((await refusalOf(client)).body.retry_after).toBe(60);
  });

  it("rounds a part of a second up", async () => {
    stopClock();
    const client = new Client();
    await use(client, 10);
    moveClock(59_500);
    expect((await refusalOf(client)).body.retry_after).toBe(1);
    moveClock(500);
    await use(client, 0);
  });

  it("charges a job that was cancelled while it ran for what it used", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit(CODE);
    await executor.of(id);
    await client.post(`/cancel/${id}`, {});
    expect(await quotaOf(client)).toMatchObject({ used: 1.5, available: 8.5 });
  });
});

describe("the rule of 20 submissions an hour", () => {
  it("passes when the oldest of them is an hour old", async () => {
    stopClock();
    const client = new Client();
    for (let count = 0; count < 20; count++) {
      await use(client, 0);
      if (count === 0) moveClock(60_000);
    }
    const { body, limit } = await refusalOf(client);
    expect(body).toMatchObject({
      reason: "Max jobs per hour reached (20)",
      retry_after: 3_540,
      active_jobs: 0,
    });
    expect(limit).toBe('"active";r=2, "hour";r=0;t=3540, "cpu";r=10');
    moveClock(3_539_000);
    expect((await refusalOf(client)).body.retry_after).toBe(1);
    moveClock(1_000);
    await use(client, 0);
    expect(await quotaOf(client)).toMatchObject({ jobs_last_hour: 20 });
  }, 15_000);
});

describe("a refused submission", () => {
  it("costs nothing, whatever refused it", async () => {
    const client = new Client();
    await client.post("/submit", { code: 5 });
    await upload(client, files("main.py", "1"), manifest("{"));
    await client.fetch("/submit", { method: "POST" });
    expect(await quotaOf(client)).toMatchObject({ used: 0, active_jobs: 0, jobs_last_hour: 0 });
    const held = [await client.submit(CODE), await client.submit(CODE)];
    const before = await worldOf(client.address);
    for (let count = 0; count < 5; count++) await client.post("/submit", CODE);
    expect(await worldOf(client.address)).toEqual(before);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 2, jobs_last_hour: 2 });
    for (const id of held) await (await executor.of(id)).finish();
  });
});

describe("a slot", () => {
  it("is settled once, however often the job's end is carried out", async () => {
    const client = new Client();
    const id = await use(client, 3);
    for (const _again of [1, 2]) {
      await evict(id);
      expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
    }
    await client.post(`/cancel/${id}`, {});
    expect(await quotaOf(client)).toMatchObject({ used: 3, active_jobs: 0, jobs_last_hour: 1 });
  });

  it("survives the eviction of its quota object", async () => {
    const client = new Client();
    const id = await client.submit(CODE);
    await evictQuota(client.address);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1 });
    await evictQuota(client.address);
    await (await executor.of(id)).finish({ cpuSeconds: 2 });
    await evictQuota(client.address);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 0, used: 2 });
  });
});

describe("a client", () => {
  const submitsAs = async (one: string, other: string): Promise<number> => {
    const [first, second] = [new Client(one), new Client(other)];
    const held = [await first.submit(CODE), await first.submit(CODE)];
    const response = await second.post("/submit", CODE);
    if (response.ok) held.push((await response.json<{ job_id: string }>()).job_id);
    for (const id of held) await (await executor.of(id)).finish();
    return response.status;
  };

  it("is an IPv6 network of 64 bits", async () => {
    expect(await submitsAs("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff")).toBe(429);
    expect(await submitsAs("2001:db8:2:3::1", "2001:0DB8:2:4::1")).toBe(200);
  });

  it("is one address in IPv4, also where it is mapped into IPv6", async () => {
    expect(await submitsAs("203.0.113.1", "203.0.113.2")).toBe(200);
    expect(await submitsAs("203.0.113.3", "::ffff:203.0.113.3")).toBe(429);
  });

  it("may be the machine itself", async () => {
    expect(await submitsAs("127.0.0.1", "::1")).toBe(200);
  });

  it("is not named by what it says of itself", async () => {
    const client = new Client();
    const held = [await client.submit(CODE), await client.submit(CODE)];
    const response = await client.fetch("/submit", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-forwarded-for": "192.0.2.99",
        "x-real-ip": "192.0.2.99",
        forwarded: "for=192.0.2.99",
      },
      body: JSON.stringify(CODE),
    });
    await expectProblem(response, 429, "rate_limited");
    for (const id of held) await (await executor.of(id)).finish();
  });

  it.each(["", "localhost", "1.2.3", "1.2.3.4.5", "fe80::1%eth0", "0x7f.1"])(
    "cannot be %j",
    async (address) => {
      await expectProblem(await new Client(address).post("/submit", CODE), 400, "invalid_request");
    },
  );
});

describe("a quota object", () => {
  it("stores nothing when it is only asked", async () => {
    const client = new Client();
    await client.json("/stats");
    expect(await storedIn(quotaStub(client.address))).toBe(0);
  });

  it("deletes itself once no rule looks at it any more, and starts again from nothing", async () => {
    stopClock();
    const client = new Client();
    const stub = quotaStub(client.address);
    await use(client, 2);
    expect(await storedIn(stub)).toBeGreaterThan(0);
    moveClock(1_800_000);
    await evictQuota(client.address);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await quotaOf(client)).toMatchObject({ jobs_last_hour: 1 });
    expect(await alarmOf(stub)).not.toBeNull();
    moveClock(1_800_000);
    await evictQuota(client.address);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await storedIn(stub)).toBe(0);
    expect(await quotaOf(client)).toMatchObject({ used: 0, jobs_last_hour: 0, can_submit: true });
    await use(client, 1);
    expect(await quotaOf(client)).toMatchObject({ used: 1, jobs_last_hour: 1 });
    expect(await alarmOf(stub)).not.toBeNull();
  });

  it("keeps the slot of a run that waits, whose object tells of it, and charges it where its first lease ran out", async () => {
    stopClock();
    const client = new Client();
    const [toldId, lateId] = [await client.submit(CODE), await client.submit(CODE)];
    const [told, late] = [await executor.of(toldId), await executor.of(lateId)];
    moveClock(40_000);
    await told.started();
    moveClock(5_000);
    expect(await runDurableObjectAlarm(jobStub(toldId))).toBe(true);
    moveClock(10 * 60_000);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1 });
    await late.finish({ cpuSeconds: 2 });
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1, used: 2, jobs_last_hour: 2 });
    await told.finish({ cpuSeconds: 3 });
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 0, used: 5, jobs_last_hour: 2 });
  });

  it("frees the slot of a submission that never became a job after ten minutes", async () => {
    stopClock();
    const client = new Client();
    const stub = quotaStub(client.address);
    await stub.fetch("https://quota/do/call/take", {
      headers: { "do-content": JSON.stringify(["orphan", client.address, 0]) },
    });
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1 });
    moveClock(10 * 60_000);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 0, can_submit: true });
  });
});
