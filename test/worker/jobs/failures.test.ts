import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { TypedJobObject } from "../../../durable/typed-job-object.ts";
import type { JobView } from "../../../src/wire/typed-jobs.ts";
import { testEnv } from "../support/env.ts";
import {
  databaseApi,
  failDatabaseWrites,
  failQueueSends,
  queueApi,
  statementApi,
} from "../support/faults.ts";
import { plainApi } from "./support/app.ts";

const queued = plainApi({ queue: "JOBS_QUEUE" });
const open = plainApi();
const stubOf = (id: string): DurableObjectStub<TypedJobObject> => {
  const { TYPED_JOB_OBJECT: objects } = testEnv as unknown as {
    TYPED_JOB_OBJECT: DurableObjectNamespace<TypedJobObject>;
  };
  return objects.get(objects.idFromName(`job/${id}`));
};
const listed = async (id: string): Promise<JobView | undefined> => (await open.list(`?job_id=${id}`)).jobs[0];

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a queue", () => {
  it("takes one message per accepted job, in ASCII, without status and expiry", async () => {
    const send = vi.spyOn(queueApi, "send");
    const expiring = plainApi({ queue: "JOBS_QUEUE", recordTtlDays: 1 });
    const job = await expiring.create({ url: "日本" });
    expect(job.status).toBe("queued");
    expect(send).toHaveBeenCalledTimes(1);
    const [text, options] = send.mock.calls[0] ?? [];
    expect(options).toEqual({ contentType: "text" });
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    const message = JSON.parse(String(text));
    expect(message).toEqual({
      job_id: job.job_id,
      registered_timestamp: expect.any(Number),
      updated_timestamp: message.registered_timestamp,
      completed_timestamp: null,
      settings: {},
      request_payload: { url: "日本", size: 3 },
      response_payload: null,
      errors: null,
      warnings: null,
    });
    expect(Math.floor(message.registered_timestamp) * 1_000).toBe(Date.parse(job.registered_datetime));
  });

  it("that is down strands no job: it ends in error, the answer is 503 and says so", async () => {
    failQueueSends(1);
    const response = await queued.call("POST", "/jobs", { url: "x" });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await response.json()).toEqual({ message: expect.stringContaining("queue") });
    const id = response.headers.get("location")?.split("/").at(-1) ?? "";
    const job = await open.job(id);
    expect(job).toMatchObject({ status: "error", errors: ["ERROR - the queue did not take the job"] });
    expect(job.completed_datetime).toEqual(expect.any(String));
    expect(await listed(id)).toEqual(job);
  });

  it("that is not bound is found out before anything is stored", async () => {
    const before = (await open.list()).jobs.length;
    const response = await plainApi({ queue: "NO_SUCH_QUEUE" }).call("POST", "/jobs", { url: "x" });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: expect.any(String) });
    expect((await open.list()).jobs).toHaveLength(before);
  });

  it("gets the message of a job whose object died before the send, and the job is queued", async () => {
    const id = crypto.randomUUID();
    const stub = stubOf(id);
    const send = vi.spyOn(queueApi, "send").mockImplementation(() => new Promise(() => {}));
    const created = {
      id,
      owner: null,
      settings: null,
      requestPayload: '{"url":"x","size":1}',
      queue: "JOBS_QUEUE",
      retentionMs: null,
      webhooks: [],
    };
    await runInDurableObject(stub, (object) => {
      void object.create(created);
    });
    await expect.poll(() => send.mock.calls.length).toBe(1);
    expect((await open.job(id)).status).toBe("pending");
    await evictDurableObject(stub);
    send.mockRestore();
    expect(await runDurableObjectAlarm(stubOf(id))).toBe(true);
    const job = await open.job(id);
    expect(job.status).toBe("queued");
    expect(await listed(id)).toEqual(job);
  });
});

describe("a fast worker", () => {
  it.each([true, false])(
    "that finishes before POST has answered keeps its result (queue answers well: %s)",
    async (answersWell) => {
      vi.spyOn(queueApi, "send").mockImplementation(async (body) => {
        const { job_id: id } = JSON.parse(String(body));
        const put = await open.call("PUT", `/jobs/${id}`, { text: "done", result_count: 1 });
        expect(put.status).toBe(200);
        if (!answersWell) throw new Error("the answer got lost");
        return { metadata: { metrics: { backlogBytes: 0, backlogCount: 0 } } } as never;
      });
      const response = await queued.call("POST", "/jobs", { url: "x" });
      expect(response.status).toBe(201);
      const answered = await response.json<JobView>();
      expect(answered).toMatchObject({ status: "completed", response_payload: { text: "done" } });
      expect(await open.job(answered.job_id)).toEqual(answered);
      expect(await listed(answered.job_id)).toEqual(answered);
    },
  );

  it("keeps its result when the hook throws afterwards", async () => {
    const hooked = plainApi({
      onJobRequest: async ({ jobId }) => {
        await open.call("PUT", `/jobs/${jobId}`, { text: "done" });
        throw new Error("too late");
      },
    });
    const job = await hooked.create();
    expect(job).toMatchObject({
      status: "completed",
      response_payload: { text: "done" },
      errors: ["ERROR - too late"],
    });
  });

  it("two hundred appending patches at once lose nothing", async () => {
    const { job_id: id } = await open.create();
    const patches = Array.from({ length: 200 }, (_, i) =>
      open.call("PATCH", `/jobs/${id}`, { status: "processing", errors: [`e${i}`], warnings: [`w${i}`] }),
    );
    const statuses = (await Promise.all(patches)).map((response) => response.status);
    expect(new Set(statuses)).toEqual(new Set([202]));
    const job = await open.job(id);
    expect([...(job.errors ?? [])].sort()).toEqual(Array.from({ length: 200 }, (_, i) => `e${i}`).sort());
    expect(job.warnings).toHaveLength(200);
    expect(await listed(id)).toEqual(job);
  }, 30_000);

  it("one of many writers with the same If-Match wins", async () => {
    const { job_id: id } = await open.create();
    const etag = (await open.get(`/jobs/${id}`)).headers.get("etag") ?? "";
    const writes = Array.from({ length: 20 }, (_, i) =>
      open.call("PUT", `/jobs/${id}`, { text: `${i}` }, { "if-match": etag }),
    );
    const statuses = (await Promise.all(writes)).map((response) => response.status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
  });
});

describe("D1", () => {
  it("that fails once at a creation strands no job: the alarm brings the row", async () => {
    failDatabaseWrites(1);
    const job = await open.create();
    expect(await listed(job.job_id)).toBeUndefined();
    expect(await open.job(job.job_id)).toEqual(job);
    expect(await runDurableObjectAlarm(stubOf(job.job_id))).toBe(true);
    expect(await listed(job.job_id)).toEqual(job);
  });

  it("that fails at a change is made up for after an eviction", async () => {
    const { job_id: id } = await open.create();
    failDatabaseWrites(1);
    const changed = await (await open.call("PUT", `/jobs/${id}`, { text: "x" })).json<JobView>();
    expect((await listed(id))?.status).toBe("queued");
    await evictDurableObject(stubOf(id));
    await runDurableObjectAlarm(stubOf(id));
    expect(await listed(id)).toEqual(changed);
  });

  it("that does not answer a list is a 503 in JSON with Retry-After, and tells nothing of the cause", async () => {
    const lost = new Error("D1_ERROR: Network connection lost.");
    vi.spyOn(statementApi, "all").mockRejectedValue(lost);
    vi.spyOn(databaseApi, "batch").mockRejectedValue(lost);
    for (const query of ["", `?job_id=${crypto.randomUUID()}`]) {
      const response = await open.get(`/jobs${query}`);
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
      expect(await response.json()).toEqual({ message: "Storage does not answer now" });
    }
    vi.restoreAllMocks();
    expect((await open.get("/jobs")).status).toBe(200);
  });

  it("without the table is told as that, with what to apply, and not as storage that may answer later", async () => {
    await testEnv.DB.exec("ALTER TABLE typed_jobs RENAME TO typed_jobs_away");
    for (const query of ["", `?job_id=${crypto.randomUUID()}`]) {
      const response = await open.get(`/jobs${query}`);
      expect(response.status).toBe(500);
      const message = expect.stringContaining("apply the migrations (wrangler d1 migrations apply DB)");
      expect(await response.json()).toEqual({ message });
    }
    await testEnv.DB.exec("ALTER TABLE typed_jobs_away RENAME TO typed_jobs");
    expect((await open.get("/jobs")).status).toBe(200);
  });
});

describe("retention", () => {
  it("a job with an expiry is created, listed, and gone with its row and its storage when its time is up", async () => {
    const short = plainApi({ recordTtlDays: 1 / 86_400_000 });
    const kept = await plainApi({ recordTtlDays: 30 }).create();
    const job = await short.create();
    await expect.poll(async () => (await open.get(`/jobs/${job.job_id}`)).status).toBe(404);
    expect((await open.call("PATCH", `/jobs/${job.job_id}`, { status: "error" })).status).toBe(404);
    const stub = stubOf(job.job_id);
    await runDurableObjectAlarm(stub);
    expect(await listed(job.job_id)).toBeUndefined();
    const left = await runInDurableObject(stub, async (_object, state) => [
      [...state.storage.kv.list()].length,
      await state.storage.getAlarm(),
    ]);
    expect(left).toEqual([0, null]);
    expect(await open.job(kept.job_id)).toEqual(kept);
  });
});
