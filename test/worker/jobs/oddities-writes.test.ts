import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import type { JobView } from "../../../src/wire/typed-jobs.ts";
import { Api, apiOf, plainApi, request, result, settings } from "./support/app.ts";

const api = plainApi();
const unknownId = "00000000-0000-4000-8000-000000000000";

const refused = async (
  response: Response,
  status: number,
): Promise<{ message: string; errors?: unknown[] }> => {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/json");
  const body = await response.json<{ message: string; errors?: unknown[] }>();
  expect(body.message).toEqual(expect.any(String));
  return body;
};

describe("a job", () => {
  it("has eleven keys, sorted, in indented JSON that ends with a newline", async () => {
    const response = await api.call("POST", "/jobs", { url: "日本", size: "12", unknown: 1 });
    expect(response.status).toBe(201);
    const text = await response.text();
    const job = JSON.parse(text) as JobView;
    expect(text).toBe(`${JSON.stringify(job, null, 2)}\n`);
    expect(Object.keys(job)).toEqual([
      "completed_datetime",
      "errors",
      "job_id",
      "registered_datetime",
      "request_payload",
      "response_payload",
      "result_count",
      "settings",
      "status",
      "updated_datetime",
      "warnings",
    ]);
    expect(job).toMatchObject({
      status: "queued",
      request_payload: { url: "日本", size: 12 },
      settings: null,
    });
    expect(job.registered_datetime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(response.headers.get("location")).toBe(`/jobs/${job.job_id}`);
    expect(await api.job(job.job_id)).toEqual(job);
  });

  it("is labelled with the response time zone, and written in ASCII where that is asked for", async () => {
    const tokyo = new Api(createApp(request, result, undefined, { jsonAsAscii: true }), {
      RESPONSE_TIMEZONE: "Asia/Tokyo",
    });
    const text = await (await tokyo.call("POST", "/jobs", { url: "日本" })).text();
    expect(text).toContain("\\u65e5\\u672c");
    expect(JSON.parse(text).registered_datetime).toMatch(/\+09:00$/);
  });

  it("takes a result, again and again, and leaves errors and warnings alone", async () => {
    const { job_id: id } = await api.create();
    await api.call("PATCH", `/jobs/${id}`, { status: "processing", warnings: ["w"], errors: ["e"] });
    const first = await api.call("PUT", `/jobs/${id}`, { text: "one", result_count: 2, warnings: ["no"] });
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({
      status: "completed",
      result_count: 2,
      warnings: ["w"],
      errors: ["e"],
    });
    const second = await (await api.call("PUT", `/jobs/${id}`, { text: "two" })).json<JobView>();
    expect(second).toMatchObject({ response_payload: { text: "two" }, result_count: 0 });
  });

  it("appends errors and warnings, keeps duplicates, and turns null lists into empty ones", async () => {
    const { job_id: id } = await api.create();
    await api.call("PATCH", `/jobs/${id}`, { status: "processing" });
    expect(await api.job(id)).toMatchObject({ errors: [], warnings: [] });
    for (let i = 0; i < 2; i += 1)
      await api.call("PATCH", `/jobs/${id}`, { status: "processing", errors: ["same"], warnings: null });
    expect(await api.job(id)).toMatchObject({ errors: ["same", "same"], warnings: [] });
  });

  it("a result_count of null counts as 0", async () => {
    const { job_id: id } = await api.create();
    const response = await api.call("PUT", `/jobs/${id}`, { text: "x", result_count: null });
    expect(await response.json()).toMatchObject({
      result_count: 0,
      response_payload: { result_count: null },
    });
    expect((await api.list(`?job_id=${id}`)).jobs[0]?.result_count).toBe(0);
  });

  it("dates, UUIDs, sets and big integers in a model are stored as JSON", async () => {
    const model = z.object({
      at: z.coerce.date(),
      id: z.uuid(),
      tags: z.array(z.string()).transform((tags) => new Set(tags)),
      count: z.coerce.bigint(),
    });
    const dated = apiOf(createApp(model, result));
    const id = crypto.randomUUID();
    const job = await dated.create({ at: "2025-01-02", id, tags: ["a", "a"], count: "12" });
    expect(job.request_payload).toEqual({ at: "2025-01-02T00:00:00.000Z", id, tags: ["a"], count: 12 });
  });

  it("completion time is set on entering completed, error and cancelled, and cleared on leaving", async () => {
    const { job_id: id } = await api.create();
    for (const status of ["completed", "error", "cancelled"]) {
      await api.call("PATCH", `/jobs/${id}`, { status });
      expect((await api.job(id)).completed_datetime).toEqual(expect.any(String));
      await api.call("PATCH", `/jobs/${id}`, { status: "processing" });
      expect((await api.job(id)).completed_datetime).toBeNull();
    }
  });

  it("every transition is possible by default", async () => {
    const { job_id: id } = await api.create();
    await api.call("PUT", `/jobs/${id}`, { text: "x" });
    for (const status of ["pending", "cancelled", "queued", "validating", "error"])
      expect((await api.call("PATCH", `/jobs/${id}`, { status })).status).toBe(202);
    expect((await api.call("PUT", `/jobs/${id}`, { text: "y" })).status).toBe(200);
  });

  it("under strict transitions an ended job stays, and 409 shows it", async () => {
    const strict = plainApi({ strictTransitions: true });
    const { job_id: id } = await strict.create();
    await strict.call("PATCH", `/jobs/${id}`, { status: "cancelled" });
    const late = await strict.call("PUT", `/jobs/${id}`, { text: "late" });
    expect(late.status).toBe(409);
    expect(await late.json()).toMatchObject({
      message: expect.any(String),
      job: { job_id: id, status: "cancelled" },
    });
    expect((await strict.call("PATCH", `/jobs/${id}`, { status: "processing" })).status).toBe(409);
    const noted = await strict.call("PATCH", `/jobs/${id}`, { status: "cancelled", warnings: ["noted"] });
    expect(noted.status).toBe(202);
    expect(await strict.job(id)).toMatchObject({
      status: "cancelled",
      warnings: ["noted"],
      response_payload: null,
    });
  });

  it("carries a strong ETag, and If-Match refuses to write over another version", async () => {
    const { job_id: id } = await api.create();
    const etag = (await api.get(`/jobs/${id}`)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);
    const patch = (ifMatch: string) =>
      api.call("PATCH", `/jobs/${id}`, { status: "processing" }, { "if-match": ifMatch });
    expect((await patch('"999"')).status).toBe(412);
    expect((await patch(`W/"999"`)).status).toBe(412);
    expect((await patch("nonsense")).status).toBe(412);
    const done = await patch(`"999", ${etag}`);
    expect(done.status).toBe(202);
    expect(done.headers.get("etag")).not.toBe(etag);
    expect((await patch(etag)).status).toBe(412);
    expect((await patch("*")).status).toBe(202);
    const put = await api.call("PUT", `/jobs/${id}`, { text: "x" }, { "if-match": etag });
    await refused(put, 412);
  });

  it("is known by its ETag as well where a proxy has weakened that or named its coding in it", async () => {
    const { job_id: id } = await api.create();
    for (const marked of [
      (tag: string) => `W/${tag}`,
      (tag: string) => tag.replace(/"$/, '-gzip"'),
      (tag: string) => `W/${tag.replace(/"$/, '-br"')}`,
    ]) {
      const before = (await api.get(`/jobs/${id}`)).headers.get("etag") ?? "";
      const write = () =>
        api.call("PATCH", `/jobs/${id}`, { status: "processing" }, { "if-match": marked(before) });
      expect((await write()).status).toBe(202);
      await refused(await write(), 412);
    }
  });
});

describe("what does not fit", () => {
  it("is refused in one shape, with places, and never repeated", async () => {
    const secret = "hunter2-do-not-repeat";
    const body = await refused(await api.call("POST", "/jobs", { url: 7, size: secret, [secret]: 1 }), 422);
    expect(JSON.stringify(body)).not.toContain(secret);
    expect(body.errors).toContainEqual({ type: "invalid_type", loc: ["url"], msg: expect.any(String) });
  });

  it("base64 of JSON is decoded first and then validated, in every write", async () => {
    const configured = apiOf(createApp(request, result, settings));
    const base64 = (value: unknown) => btoa(JSON.stringify(value));
    const created = await configured.call("POST", "/jobs", base64({ url: "https://a.example" }));
    expect(created.status).toBe(201);
    const { job_id: id } = await created.json<JobView>();
    expect((await configured.call("PATCH", `/jobs/${id}`, base64({ status: "processing" }))).status).toBe(
      202,
    );
    expect((await configured.call("PUT", `/jobs/${id}`, base64({ text: "x" }))).status).toBe(200);
    expect((await configured.call("PATCH", "/settings", base64({ limit: 3 }))).status).toBe(202);
    const body = await refused(await configured.call("POST", "/jobs", base64({ url: 7 })), 422);
    expect(body.errors).toHaveLength(1);
  });

  it.each([
    undefined,
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/problem+json",
    "multipart/form-data",
  ])("the content type %s is answered with 415", async (type) => {
    const headers = type === undefined ? { "content-type": "" } : { "content-type": type };
    await refused(await api.call("POST", "/jobs", '{"url":"x"}', headers), 415);
    await refused(await api.call("PATCH", `/jobs/${unknownId}`, '{"status":"error"}', headers), 415);
  });

  it("a compressed body is answered with 415", async () => {
    await refused(await api.call("POST", "/jobs", "{}", { "content-encoding": "gzip" }), 415);
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    "0",
    '""',
    '"text"',
    "[1]",
    "e30",
    "\u0000",
    "[".repeat(100_000),
    '{"a":'.repeat(5_000),
  ])("the body %j is answered with 422", async (body) => {
    const open = apiOf(createApp(z.object({ any: z.unknown().optional() }), result, settings));
    const expected = body === "e30" ? 201 : 422;
    expect((await open.call("POST", "/jobs", body)).status).toBe(expected);
    if (expected === 422) await refused(await open.call("PATCH", "/settings", body), 422);
  });

  it("what is nested deeply is refused before anything walks it", async () => {
    const open = apiOf(createApp(z.object({ any: z.unknown() }), result));
    const nested = (levels: number) => `{"any":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect((await open.call("POST", "/jobs", nested(150))).status).toBe(201);
    expect((await open.call("POST", "/jobs", nested(50_000))).status).toBe(422);
  });

  it("an invalid body comes before an unknown job, and an unknown job before If-Match", async () => {
    await refused(await api.call("PATCH", `/jobs/${unknownId}`, { status: "no" }), 422);
    await refused(await api.call("PUT", `/jobs/${unknownId}`, { text: "x" }, { "if-match": '"1"' }), 404);
    await refused(await api.get("/jobs/anything%20else"), 404);
    await refused(await api.get("/jobs/settings"), 404);
  });

  it.each([
    { status: "error", errors: "text" },
    { status: "error", warnings: [1] },
    { errors: "text" },
    { status: "Error" },
  ])("the patch %j is refused", async (patch) => {
    const { job_id: id } = await api.create();
    await refused(await api.call("PATCH", `/jobs/${id}`, patch), 422);
    expect((await api.job(id)).errors).toBeNull();
  });
});

describe("sizes", () => {
  it("a payload of 1 MiB is taken as request and as result, and listed", async () => {
    const size = 1_048_576 - 40;
    const text = Array.from(crypto.getRandomValues(new Uint8Array(60_000)), (byte) => byte.toString(36)).join(
      "",
    );
    const big = text.repeat(Math.ceil(size / text.length)).slice(0, size);
    const { job_id: id } = await api.create({ url: big });
    const done = await api.call("PUT", `/jobs/${id}`, { text: big });
    expect(done.status).toBe(200);
    const { jobs } = await api.list(`?job_id=${id}`);
    expect(jobs[0]).toMatchObject({ request_payload: { url: big }, response_payload: { text: big } });
  }, 30_000);

  it("a payload over 1 MiB is refused with 413, plain and in base64", async () => {
    const body = JSON.stringify({ url: "x".repeat(1_048_576) });
    await refused(await api.call("POST", "/jobs", body), 413);
    await refused(await api.call("POST", "/jobs", btoa(body)), 413);
    const { job_id: id } = await api.create();
    await refused(await api.call("PUT", `/jobs/${id}`, { text: "x".repeat(1_048_576) }), 413);
    await refused(await api.call("POST", "/jobs", "x".repeat(3_000_000)), 413);
  });

  it("what no queue message has room for is refused up front, and nothing is stored", async () => {
    const queued = plainApi({ queue: "JOBS_QUEUE" });
    const before = (await api.list()).jobs.length;
    await refused(await queued.call("POST", "/jobs", { url: "x".repeat(130_000) }), 413);
    await refused(await queued.call("POST", "/jobs", { url: "日".repeat(30_000) }), 413);
    expect((await api.list()).jobs).toHaveLength(before);
    expect((await queued.call("POST", "/jobs", { url: "x".repeat(120_000) })).status).toBe(201);
  });

  it("notes end at 256 KiB, and those before them stay", async () => {
    const { job_id: id } = await api.create();
    const patch = { status: "processing", errors: ["x".repeat(200_000)] };
    expect((await api.call("PATCH", `/jobs/${id}`, patch)).status).toBe(202);
    await refused(await api.call("PATCH", `/jobs/${id}`, patch), 413);
    expect((await api.job(id)).errors).toHaveLength(1);
  });
});
