import { describe, expect, it } from "vitest";
import type { JobView } from "../../../src/wire/typed-jobs.ts";
import { testEnv } from "../support/env.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { NO_TRACE, traceOf } from "../support/objects.ts";
import { type Data, dataOf, expectWorkloadError, keyOf, put, TAX } from "../support/workloads.ts";

const call = serviceWith({ ACCESS: "keys" });
const DOMESTIC = { security_type: "domestic" };
const CAPTION = { image_url: "https://example.com/a.png" };

const holder = async (scopes: readonly ("jobs" | "workloads" | "work")[] = ["jobs", "workloads"]) => {
  const owner = `owner-${crypto.randomUUID()}`;
  const headers = async () => ({ "x-api-key": await addKey({ owner, scopes }) });
  return { owner, first: await headers(), second: await headers() };
};

const register = async (headers: HeadersInit, body: unknown = CAPTION): Promise<JobView> => {
  const response = await call("/jobs", headers, body);
  expect(response.status).toBe(201);
  return response.json<JobView>();
};

const listed = async (headers: HeadersInit, query = ""): Promise<string[]> => {
  const body = await (await call(`/jobs${query}`, headers)).json<{ Jobs: JobView[] }>();
  return body.Jobs.map((job) => job.job_id);
};

describe("a typed job", () => {
  it("belongs to the owner of the key, whichever of the owner's keys asks", async () => {
    const { first, second } = await holder();
    const job = await register(first);
    expect(await (await call(`/jobs/${job.job_id}`, second)).json()).toMatchObject({ job_id: job.job_id });
    expect(await listed(second)).toEqual([job.job_id]);
    expect(await listed(second, `?job_id=${job.job_id}`)).toEqual([job.job_id]);
    expect((await call(`/jobs/${job.job_id}`, second, { status: "processing" }, "PATCH")).status).toBe(202);
  });

  it("is not there for another owner, neither to see nor to write nor to delete", async () => {
    const [mine, theirs] = [await holder(), await holder()];
    const job = await register(mine.first);
    const path = `/jobs/${job.job_id}`;
    expect((await call(path, theirs.first)).status).toBe(404);
    expect((await call(`${path}/webhooks`, theirs.first)).status).toBe(404);
    expect((await call(path, theirs.first, { status: "error" }, "PATCH")).status).toBe(404);
    expect((await call(path, theirs.first, { captions: [] }, "PUT")).status).toBe(404);
    expect((await call(path, theirs.first, undefined, "DELETE")).status).toBe(404);
    expect(await listed(theirs.first)).toEqual([]);
    expect(await listed(theirs.first, `?job_id=${job.job_id}`)).toEqual([]);
    expect(await listed(theirs.first, "?status=queued")).toEqual([]);
    expect((await call("/jobs/claim", theirs.first, {})).status).toBe(204);
    const unchanged = await (await call(path, mine.first)).json<JobView>();
    expect(unchanged).toMatchObject({ status: "queued", registered_datetime: job.registered_datetime });
  });

  it("is claimed by its owner's workers, and by workers for all", async () => {
    const [mine, worker] = [await holder(), await holder(["work"])];
    const jobs = [await register(mine.first), await register(mine.first)];
    const claimed = await call("/jobs/claim", mine.second, {});
    expect(await claimed.json()).toMatchObject({ job_id: jobs[0]?.job_id });
    const path = `/jobs/${jobs[1]?.job_id}`;
    expect((await call(path, worker.first, { status: "processing" }, "PATCH")).status).toBe(202);
    expect(await listed(worker.first)).toEqual(expect.arrayContaining(jobs.map((job) => job.job_id)));
  });

  it("is made once under an Idempotency-Key of its owner, and apart from that of others", async () => {
    const [mine, theirs] = [await holder(), await holder()];
    const key = { "idempotency-key": "same" };
    const one = await register({ ...mine.first, ...key });
    expect((await register({ ...mine.second, ...key })).job_id).toBe(one.job_id);
    expect((await register({ ...theirs.first, ...key })).job_id).not.toBe(one.job_id);
  });

  it("is deleted with all that is stored of it", async () => {
    const { first } = await holder();
    const job = await register(first);
    const path = `/jobs/${job.job_id}`;
    const deleted = await call(path, first, undefined, "DELETE");
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect((await call(path, first)).status).toBe(404);
    expect((await call(path, first, undefined, "DELETE")).status).toBe(404);
    const row = await testEnv.DB.prepare("SELECT * FROM typed_jobs WHERE job_id = ?1")
      .bind(job.job_id)
      .first();
    expect(row).toBeNull();
  });
});

describe("the settings", () => {
  it("are read with any key, and changed only with one for work", async () => {
    const [mine, worker] = [await holder(), await holder(["work"])];
    expect((await call("/settings", mine.first)).status).toBe(200);
    expect((await call("/settings", mine.first, { model: "mine" }, "PATCH")).status).toBe(403);
    expect((await call("/settings", worker.first, { model: "ours" }, "PATCH")).status).toBe(202);
    expect(await (await call("/settings", mine.first)).json()).toMatchObject({ model: "ours" });
  });
});

describe("an owner's list", () => {
  it("reads no more rows than it returns, plus one, whatever others have", async () => {
    const [mine, theirs] = [await holder(), await holder()];
    for (let count = 0; count < 5; count += 1) {
      await register(mine.first);
      await register(theirs.first);
    }
    const rows = async (sql: string, ...values: unknown[]) =>
      (
        await testEnv.DB.prepare(sql)
          .bind(...values)
          .all()
      ).meta.rows_read;
    const order = "ORDER BY registered_at_ms DESC, job_id DESC LIMIT 3";
    expect(await rows(`SELECT job_id FROM typed_jobs WHERE owner = ?1 ${order}`, mine.owner)).toBe(3);
    expect(
      await rows(
        `SELECT job_id FROM typed_jobs WHERE owner = ?1 AND status = ?2 ${order}`,
        mine.owner,
        "queued",
      ),
    ).toBe(3);
  });
});

describe("a workload job", () => {
  it("belongs to the owner of the key, and is not there for another", async () => {
    const [mine, theirs] = [await holder(), await holder()];
    const data = await dataOf(await call(TAX, mine.first, DOMESTIC));
    const id = String(data.job_id);
    expect(await dataOf(await call(`${TAX}/${id}`, mine.second))).toMatchObject({ job_id: id });
    await expectWorkloadError(await call(`${TAX}/${id}`, theirs.first), 404);
    await expectWorkloadError(await call(`${TAX}?job_id=${id}`, theirs.first), 404);
    await expectWorkloadError(await call(`${TAX}/${id}/complete`, theirs.first, {}), 404);
    await expectWorkloadError(await call(`${TAX}/${id}/cancel`, theirs.first, {}), 404);
    await expectWorkloadError(await call(`${TAX}/${id}`, theirs.first, undefined, "DELETE"), 404);
    const found = async (headers: HeadersInit) =>
      ((await dataOf(await call(`${TAX}/search`, headers, {}))).items as Data[]).map((item) => item.job_id);
    expect(await found(mine.second)).toEqual([id]);
    expect(await found(theirs.first)).toEqual([]);
  });

  it("is deleted with files, log and row", async () => {
    const { first } = await holder();
    const data = await dataOf(await call(TAX, first, DOMESTIC));
    const id = String(data.job_id);
    await put(keyOf(String(data.url)), "x", "text/csv");
    const deleted = await dataOf(await call(`${TAX}/${id}`, first, undefined, "DELETE"));
    expect(deleted).toEqual({ job_id: id, deleted: true });
    expect(await traceOf(id)).toEqual(NO_TRACE);
    await expectWorkloadError(await call(`${TAX}/${id}`, first), 404);
    await expectWorkloadError(await call(`${TAX}/${id}`, first, undefined, "DELETE"), 404);
  });
});
