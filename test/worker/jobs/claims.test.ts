import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { TypedJobObject } from "../../../durable/typed-job-object.ts";
import { JobsClient, overHttp } from "../../../src/client/jobs.ts";
import type { JobView } from "../../../src/wire/typed-jobs.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { failDatabaseWrites, failQueueSends, statementApi } from "../support/faults.ts";
import { emptyTable, plainApi } from "./support/app.ts";

const api = plainApi();
const { TYPED_JOB_OBJECT: objects } = testEnv as unknown as {
  TYPED_JOB_OBJECT: DurableObjectNamespace<TypedJobObject>;
};
const stubOf = (id: string) => objects.get(objects.idFromName(`job/${id}`));
const claim = (body?: unknown, prefer?: string) =>
  api.call("POST", "/jobs/claim", body, prefer === undefined ? {} : { prefer });
const claimed = async (body?: unknown): Promise<JobView> => (await claim(body)).json<JobView>();

beforeEach(async () => {
  vi.restoreAllMocks();
  restoreClock();
  await emptyTable();
});

describe("a claim", () => {
  it("takes the oldest waiting job as processing, and says 204 when none waits", async () => {
    expect((await claim()).status).toBe(204);
    const [first, second] = [await api.create(), await api.create()];
    const answer = await claim({});
    expect(answer.status).toBe(200);
    expect(answer.headers.get("etag")).toBe('"2"');
    expect(await answer.json()).toMatchObject({ job_id: first.job_id, status: "processing" });
    expect(await claimed()).toMatchObject({ job_id: second.job_id });
    expect((await claim()).status).toBe(204);
  });

  it("gives each job to one of many workers", async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => api.create()));
    const answers = await Promise.all(Array.from({ length: 20 }, () => claim()));
    const taken = answers.filter(({ status }) => status === 200);
    const ids = await Promise.all(taken.map(async (answer) => (await answer.json<JobView>()).job_id));
    expect(ids.sort()).toEqual(made.map((job) => job.job_id).sort());
  });

  it("waits for a job where the worker prefers to", async () => {
    const waiting = claim({}, "wait=10");
    const job = await api.create();
    const answer = await waiting;
    expect(answer.headers.get("preference-applied")).toBe("wait=10");
    expect(await answer.json()).toMatchObject({ job_id: job.job_id });
  });

  it("is woken by the job that comes, and looks at the rows no more often than that", async () => {
    const looks = vi.spyOn(statementApi, "all");
    const waiting = claim({}, "wait=25");
    await scheduler.wait(2_500);
    expect(looks).toHaveBeenCalledTimes(2);
    const startedAtMs = performance.now();
    const job = await api.create();
    expect(await (await waiting).json()).toMatchObject({ job_id: job.job_id });
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  });

  it("is woken by a job that is put back, and misses none that comes while it looks", async () => {
    const job = await claimed({ staleAfterSeconds: 60 }).catch(() => null);
    expect(job).toBeNull();
    const made = await api.create();
    await claimed();
    const waiting = claim({}, "wait=10");
    await scheduler.wait(200);
    await api.call("PATCH", `/jobs/${made.job_id}`, { status: "queued" });
    expect(await (await waiting).json()).toMatchObject({ job_id: made.job_id });
    const claims = Array.from({ length: 8 }, () => claim({}, "wait=10"));
    const jobs = await Promise.all(Array.from({ length: 8 }, () => api.create()));
    const answers = await Promise.all(claims);
    const ids = await Promise.all(answers.map(async (answer) => (await answer.json<JobView>()).job_id));
    expect(ids.sort()).toEqual(jobs.map(({ job_id }) => job_id).sort());
  });

  it("passes over rows that say too much, and deletes the row of a job that is gone", async () => {
    const gone = await api.create();
    await runInDurableObject(stubOf(gone.job_id), (_object, state) => state.storage.deleteAll());
    await evictDurableObject(stubOf(gone.job_id));
    const taken = await api.create();
    failDatabaseWrites(1);
    await api.call("PATCH", `/jobs/${taken.job_id}`, { status: "validating" });
    const free = await api.create();
    expect(await claimed()).toMatchObject({ job_id: free.job_id });
    expect((await api.list()).jobs.map((job) => job.job_id)).not.toContain(gone.job_id);
  });

  it.each([[{ staleAfterSeconds: 0 }], [{ staleAfterSeconds: 1.5 }], [{ staleAfterSeconds: "5" }]])(
    "of %j is refused and takes nothing",
    async (body) => {
      const job = await api.create();
      expect((await claim(body)).status).toBe(422);
      expect((await api.job(job.job_id)).status).toBe("queued");
    },
  );
});

describe("a lease", () => {
  it("that runs out without news ends the job in error, across an eviction", async () => {
    await api.create();
    const { job_id: id } = await claimed({ staleAfterSeconds: 60 });
    await evictDurableObject(stubOf(id));
    moveClock(61_000);
    await runDurableObjectAlarm(stubOf(id));
    expect(await api.job(id)).toMatchObject({
      status: "error",
      errors: ["ERROR - the worker sent no news in time"],
    });
    expect((await api.list("?status=error")).jobs).toHaveLength(1);
  });

  it("is renewed by an empty PATCH, which changes nothing that is shown and writes one small value", async () => {
    await api.create();
    const job = await claimed({ staleAfterSeconds: 60 });
    moveClock(50_000);
    const beat = await api.call("PATCH", `/jobs/${job.job_id}`, {});
    expect(beat.status).toBe(202);
    expect(await beat.json()).toEqual(job);
    expect(beat.headers.get("etag")).toBe('"2"');
    moveClock(50_000);
    await runDurableObjectAlarm(stubOf(job.job_id));
    expect((await api.job(job.job_id)).status).toBe("processing");
    moveClock(61_000);
    await runDurableObjectAlarm(stubOf(job.job_id));
    expect((await api.job(job.job_id)).status).toBe("error");
  });

  it("is the app's where no worker names one, and ends with the job", async () => {
    const leased = plainApi({ staleAfterSeconds: 30 });
    const { job_id: id } = await leased.create();
    await leased.call("PATCH", `/jobs/${id}`, { status: "processing" });
    await leased.call("PUT", `/jobs/${id}`, { text: "done" });
    moveClock(31_000);
    await runDurableObjectAlarm(stubOf(id));
    expect((await leased.job(id)).status).toBe("completed");
    await leased.call("PATCH", `/jobs/${id}`, { status: "processing" });
    moveClock(31_000);
    await runDurableObjectAlarm(stubOf(id));
    expect((await leased.job(id)).status).toBe("error");
  });
});

describe("PATCH without a status", () => {
  it("appends and leaves the status alone, for a client that reads nothing first", async () => {
    const { job_id: id } = await api.create();
    const client = new JobsClient(
      overHttp({
        url: "http://jobs.test",
        fetch: async (url, init) =>
          api.call(
            init?.method ?? "GET",
            new URL(String(url)).pathname,
            init?.body ?? undefined,
            init?.headers ?? {},
          ),
      }),
    );
    await Promise.all(Array.from({ length: 12 }, (_, n) => client.addWarnings(id, `w${n}`)));
    const job = await api.job(id);
    expect(job.status).toBe("queued");
    expect(job.warnings).toHaveLength(12);
  });
});

describe("an Idempotency-Key", () => {
  const post = (key: string, body: unknown = { url: "x" }, at = api) =>
    at.call("POST", "/jobs", body, { "idempotency-key": key });

  it("makes one job of many requests, at once and later, across an eviction", async () => {
    const key = crypto.randomUUID();
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const ids = await Promise.all(answers.map(async (one) => (await one.json<JobView>()).job_id));
    expect(new Set(ids).size).toBe(1);
    const [id = ""] = ids;
    await evictDurableObject(stubOf(id));
    const later = await post(key);
    expect(later.headers.get("idempotency-replayed")).toBe("true");
    expect(await later.json()).toMatchObject({ job_id: id });
    expect((await api.list()).jobs).toHaveLength(1);
  });

  it("is refused with another body, and where it is none; nothing is stored for that", async () => {
    const key = crypto.randomUUID();
    await post(key);
    expect((await post(key, { url: "y" })).status).toBe(422);
    expect((await post("with space", { url: "y" })).status).toBe(422);
    expect((await api.list()).jobs).toHaveLength(1);
  });

  it("lets a job that the queue refused be sent once more", async () => {
    const queued = plainApi({ queue: "JOBS_QUEUE" });
    const key = crypto.randomUUID();
    failQueueSends(1);
    expect((await post(key, { url: "x" }, queued)).status).toBe(503);
    const again = await post(key, { url: "x" }, queued);
    expect(again.status).toBe(201);
    expect(await again.json()).toMatchObject({ status: "queued" });
  });
});

describe("GET", () => {
  it("answers 304 to a client that has the job's version", async () => {
    const { job_id: id } = await api.create();
    const etag = (await api.get(`/jobs/${id}`)).headers.get("etag") ?? "";
    const same = await api.get(`/jobs/${id}`, { "if-none-match": `W/${etag}` });
    expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);
    await api.call("PATCH", `/jobs/${id}`, { status: "processing" });
    expect((await api.get(`/jobs/${id}`, { "if-none-match": etag })).status).toBe(200);
  });
});

describe("a list of large jobs", () => {
  const large = (n: number) => ({ url: `${n}${"é".repeat(500_000)}` });

  it("holds 8 MiB of them at most, unpacked, by time and by ids, and goes on behind", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 10; n += 1) ids.push((await api.create(large(n))).job_id);
    for (const start of ["?limit=50", `?job_id=${ids.join(",")}`]) {
      const seen: string[] = [];
      for (let query = start; query !== ""; ) {
        const { jobs, next } = await api.list(query);
        expect(jobs.length).toBeGreaterThan(0);
        expect(new TextEncoder().encode(JSON.stringify(jobs)).length).toBeLessThan(8.5 * 1_048_576);
        seen.push(...jobs.map((job) => job.job_id));
        query = next.slice("/jobs".length);
      }
      expect([...seen].sort()).toEqual([...ids].sort());
    }
  });
});

describe("an alarm", () => {
  it("survives a configuration that is broken, and does its work once it is whole", async () => {
    failDatabaseWrites(1);
    const { job_id: id } = await api.create();
    const stub = stubOf(id);
    await evictDurableObject(stub);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await runInDurableObject(stub, async (object, state) => {
      const held = object as unknown as { env: Record<string, unknown> };
      const env = held.env;
      held.env = {};
      await state.storage.deleteAlarm();
      await object.alarm();
      held.env = env;
      expect(await state.storage.getAlarm()).toBeGreaterThan(Date.now() + 3_000);
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await api.list()).jobs.map((job) => job.job_id)).toEqual([id]);
  });
});
