import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import { testEnv } from "../support/env.ts";
import { type Api, apiOf, emptyTable, insertRows, plainApi, rowId } from "./support/app.ts";

const api = plainApi();
const FIRST_MS = Date.UTC(2024, 9, 30, 23, 0, 0);

/** Follows X-Next to its end, at most `bound` pages. */
const walk = async (from: Api, query: string, bound = 40): Promise<string[][]> => {
  const pages: string[][] = [];
  let next = `/jobs${query}`;
  while (next !== "" && pages.length < bound) {
    const page = await from.list(next.replace(/^[^?]*/, ""));
    pages.push(page.jobs.map((job) => job.job_id));
    next = page.next;
  }
  return pages;
};

describe("lists", () => {
  beforeEach(emptyTable);

  it("pages lead from one to the next and end, each job on one page, newest first", async () => {
    await insertRows(130, FIRST_MS, 10);
    const pages = await walk(api, "?limit=50");
    expect(pages.map((page) => page.length)).toEqual([50, 50, 30]);
    expect(pages.flat()).toEqual(Array.from({ length: 130 }, (_, i) => rowId(129 - i)));
  });

  it("a page that is just full has no next one", async () => {
    await insertRows(50, FIRST_MS, 1_000);
    const page = await api.list("?limit=50");
    expect([page.jobs.length, page.next, page.link]).toEqual([50, "", null]);
  });

  it("jobs of one and the same millisecond are neither skipped nor repeated", async () => {
    await insertRows(180, FIRST_MS, 0);
    const seen = (await walk(api, "?limit=50")).flat();
    expect([seen.length, new Set(seen).size]).toEqual([180, 180]);
  });

  it("pages skip, repeat and loop nothing while jobs are being added", async () => {
    await insertRows(160, FIRST_MS, 1_000);
    const seen: string[] = [];
    let next = "?limit=50";
    while (next !== "") {
      const page = await api.list(next);
      seen.push(...page.jobs.map((job) => job.job_id));
      next = page.next.replace(/^[^?]*/, "");
      await api.create();
      await api.create();
    }
    expect(seen).toEqual(Array.from({ length: 160 }, (_, i) => rowId(159 - i)));
  });

  it("the next link keeps every filter and the prefix, and stands in Link as well", async () => {
    const prefixed = plainApi({ endpointPrefix: "/v1" });
    await insertRows(800, FIRST_MS, 1_000);
    const query = "?status=queued&registered_datetime_gte=2024-10-01&registered_datetime_lte=2024-12-31";
    const response = await prefixed.get(`/v1/jobs${query}&limit=50&unknown=1`);
    const next = response.headers.get("x-next") ?? "";
    expect(next).toMatch(/^\/v1\/jobs\?/);
    const params = new URLSearchParams(next.split("?")[1]);
    expect(Object.fromEntries(params)).toMatchObject({
      status: "queued",
      registered_datetime_gte: "2024-10-01",
      registered_datetime_lte: "2024-12-31",
      limit: "50",
    });
    expect(response.headers.get("link")).toBe(`<${next}>; rel="next"`);
    const second = await prefixed.get(next);
    const { Jobs } = await second.json<{ Jobs: { status: string }[] }>();
    expect(Jobs).toHaveLength(50);
    expect(Jobs.every(({ status }) => status === "queued")).toBe(true);
  });

  it("job_id takes one id, a comma list and repeated parameters, and omits the unknown", async () => {
    await insertRows(20, FIRST_MS, 1_000);
    const [one, two, three] = [rowId(1), rowId(2), rowId(3)];
    const idsOf = async (query: string) => (await api.list(query)).jobs.map((job) => job.job_id);
    expect(await idsOf(`?job_id=${one}`)).toEqual([one]);
    expect(await idsOf(`?job_id=${one},${three},${crypto.randomUUID()},${one}`)).toEqual([three, one]);
    expect(await idsOf(`?job_id=${one}&job_id=${two},${three}`)).toEqual([three, two, one]);
    expect(await idsOf(`?job_id=${rowId(7)},${one}&status=queued`)).toEqual([rowId(7)]);
  });

  it("175 ids are possible, 176 and what is no UUID are not", async () => {
    await insertRows(200, FIRST_MS, 1_000);
    const list = (count: number) => Array.from({ length: count }, (_, i) => rowId(i)).join(",");
    expect((await api.list(`?job_id=${list(175)}`)).jobs).toHaveLength(175);
    const refused = await api.get(`/jobs?job_id=${list(176)}`);
    expect(refused.status).toBe(422);
    expect(await refused.text()).toMatch(/176.*175/s);
    expect((await api.list("?job_id=")).status).toBe(422);
    expect((await api.list("?job_id=settings")).status).toBe(422);
  });

  it("a range reaches over any span of months", async () => {
    // Twenty jobs, one every ten days, from October 2024 on.
    await insertRows(20, FIRST_MS, 864_000_000);
    expect((await api.list("?registered_datetime_gte=2024-11-15")).jobs).toHaveLength(18);
    expect((await api.list("?registered_datetime_lte=2025-01-01")).jobs).toHaveLength(7);
    const range = "?registered_datetime_gte=2024-11-15&registered_datetime_lte=2025-03-20";
    expect((await api.list(range)).jobs).toHaveLength(13);
    expect((await api.list("")).jobs).toHaveLength(20);
  });

  it("both bounds hold by whole seconds, in any offset, and an inverted range is empty", async () => {
    await insertRows(3, Date.UTC(2025, 4, 1, 12, 0, 0) + 700, 1_000);
    const count = async (query: string) => (await api.list(`?${query}`)).jobs.length;
    expect(await count("registered_datetime_gte=2025-05-01T12:00:00.900Z")).toBe(3);
    expect(await count("registered_datetime_lte=2025-05-01T12:00:00Z")).toBe(1);
    expect(await count("registered_datetime_gte=2025-05-01T21:00:02%2B09:00")).toBe(1);
    expect(
      await count("registered_datetime_gte=2025-05-01T12:00:01&registered_datetime_lte=2025-05-01T12:00:01"),
    ).toBe(1);
    expect(await count("registered_datetime_gte=2025-06-01&registered_datetime_lte=2025-05-01")).toBe(0);
  });

  it("a page never has more than its limit, at the border of a month either", async () => {
    await insertRows(160, Date.UTC(2025, 0, 31, 23, 59, 0), 1_000);
    for (const limit of [50, 70, 99]) {
      expect((await api.list(`?limit=${limit}`)).jobs).toHaveLength(limit);
    }
  });

  it("one row that cannot be read, and one of an older model, break no list", async () => {
    await insertRows(3, FIRST_MS, 1_000);
    const setView = (view: string, i: number) =>
      testEnv.DB.prepare("UPDATE typed_jobs SET view = ?1 WHERE job_id = ?2").bind(view, rowId(i)).run();
    await setView("{broken", 0);
    await setView('{"updatedAtMs":"no","notes":7,"requestPayload":{"other":true}}', 1);
    const { jobs, status } = await api.list();
    expect([status, jobs.length]).toEqual([200, 3]);
    expect(jobs.every((job) => Object.keys(job).length === 11)).toBe(true);
    expect(jobs[1]).toMatchObject({ job_id: rowId(1), request_payload: { other: true }, errors: null });
    expect(jobs[2]).toMatchObject({ job_id: rowId(0), status: "queued", request_payload: {} });
  });

  it("jobs of an older model, and with settings that are no longer there, are still shown", async () => {
    const older = createApp(z.object({ old: z.string() }), z.object({}), z.object({ a: z.int().default(1) }));
    const job = await apiOf(older).create({ old: "x" });
    const shown = await api.job(job.job_id);
    expect(shown).toMatchObject({ request_payload: { old: "x" }, settings: { a: 1 } });
    expect((await api.list()).jobs[0]).toEqual(shown);
  });

  it.each([
    "limit=49",
    "limit=501",
    "limit=null",
    "limit=100.0",
    "limit=",
    "limit=+50",
    "limit=50&limit=50",
    "status=null",
    "status=",
    "status=Queued",
    "status=queued&status=error",
    "ekey=",
    "ekey=x",
    "ekey=eyJ5eXl5bW0iOnsiTiI6IjEifX0=",
    "ekey=WzEsIngiXQ",
    "registered_datetime_gte=1700000000",
    "registered_datetime_gte=2025-02-30",
    "registered_datetime_gte=2025-05-01T12:00:00+09:00",
    "registered_datetime_lte=yesterday",
    "registered_datetime_lte=",
  ])("the query %s is answered with 422 in JSON that repeats no input", async (query) => {
    const response = await api.get(`/jobs?${query}`);
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-next")).toBe("");
    const body = await response.json<{
      message: string;
      errors: { type: string; loc: string[]; msg: string }[];
    }>();
    expect(body.errors[0]).toEqual({
      type: expect.any(String),
      loc: [query.split("=")[0]],
      msg: expect.any(String),
    });
  });

  it("a page of large jobs ends early and loses none of them", async () => {
    await insertRows(40, FIRST_MS, 1_000);
    const view = `'{"updatedAtMs":1,"completedAtMs":null,"notes":[null,null],"requestPayload":{"url":"' || hex(zeroblob(400000)) || '"}}'`;
    await testEnv.DB.exec(`UPDATE typed_jobs SET view = ${view}`);
    const pages = await walk(api, "?limit=50");
    expect(pages.length).toBeGreaterThan(1);
    expect(new Set(pages.flat()).size).toBe(40);
  }, 30_000);
});
