import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MIGRATED } from "../../src/adapters/database-schema.ts";
import { Client } from "./support/client.ts";
import { testEnv } from "./support/env.ts";
import { failStorage } from "./support/faults.ts";
import { HandExecutor } from "./support/hand-executor.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => vi.restoreAllMocks());
afterAll(() => executor.uninstall());

const JSON_TYPE = { "content-type": "application/json" };
const FACES = [
  ["/submit", 400, "code"],
  ["/jobs", 422, "image_url"],
  ["/calculator/tax-pnl/securities", 400, "security_type"],
] as const;

const post = (path: string, body: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
  new Client().fetch(path, { method: "POST", headers, body });

describe.each(FACES)("POST %s", (path, status, field) => {
  it("refuses damaged UTF-8", async () => {
    const bytes = new TextEncoder().encode(`{"${field}": "x@"}`);
    bytes[bytes.indexOf(64)] = 0xff;
    const response = await post(path, bytes);
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(/UTF-8/)]);
  });

  it.each(["9007199254740993", "-123456789012345678901", "1e400"])("never rounds %s", async (number) => {
    const response = await post(path, `{"${field}": {"list": [1, ${number}]}}`);
    const text = await response.text();
    expect([response.status, text]).toEqual([status, expect.stringMatching(/kept exactly/)]);
    expect(text.replaceAll(/["\s]/g, "")).toMatch(path === "/jobs" ? `${field},list,1` : `${field}.list.1`);
  });

  it.each(['"\\ud800"', '{"\\uDFFFx": 1}'])("never replaces half a character: %s", async (value) => {
    const response = await post(path, `{"${field}": [${value}]}`);
    const text = await response.text();
    expect([response.status, text]).toEqual([status, expect.stringMatching(/half of a surrogate pair/)]);
    expect(text).toContain(field);
  });

  it("answers a compressed body with 415", async () => {
    const stream = new Response("{}").body?.pipeThrough(new CompressionStream("gzip"));
    const body = await new Response(stream).arrayBuffer();
    const response = await post(path, body, { ...JSON_TYPE, "content-encoding": "gzip" });
    expect(response.status).toBe(415);
    await response.body?.cancel();
  });

  it("refuses damaged UTF-8 in its query", async () => {
    const response = await post(`${path}?${field}=%ff`, "{}");
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(/query.*UTF-8/)]);
  });

  it("takes a slash behind its path", async () => {
    const response = await post(`${path}/`, "{");
    expect(response.status).toBe(status);
    await response.body?.cancel();
  });

  it("lets a browser send whatever header it asks for, and read what the answer tells", async () => {
    const headers = {
      origin: "https://a.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "x-api-key,idempotency-key",
    };
    const preflight = await new Client().fetch(path, { method: "OPTIONS", headers });
    expect(preflight.ok).toBe(true);
    expect(preflight.headers.get("access-control-allow-headers")).toMatch(/x-api-key,idempotency-key$/);
    const answer = await post(path, "{", { ...JSON_TYPE, origin: "https://a.example" });
    const exposed = (answer.headers.get("access-control-expose-headers") ?? "").split(",");
    expect(exposed).toEqual(
      expect.arrayContaining(["ETag", "Location", "Link", "X-Next", "RateLimit", "Retry-After"]),
    );
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    await answer.body?.cancel();
  });

  it("reads a refused body to its end, whatever it is refused for", async () => {
    for (const method of ["POST", "DELETE"]) {
      let pulled = 0;
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          pulled += 1;
          if (pulled > 48) controller.close();
          else controller.enqueue(new Uint8Array(65_536).fill(32));
        },
      });
      const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
      const response = await new Client().fetch(path, { method, headers, body });
      expect(response.status).toBe(method === "POST" ? 415 : 405);
      await response.body?.cancel();
      expect(pulled).toBe(49);
    }
  });
});

describe.each([
  "internal error; reference = t00l8iddkf5e1nkvb2rutfnc",
  "database or disk is full: SQLITE_FULL",
  "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
])("storage that fails with %s", (message) => {
  const program = { source_code: "print(1)", language_id: 71 };
  const files = [{ content: "print(1)" }];
  const TEXT = "Storage does not answer now";
  it.each([
    [
      "/submit",
      { code: "print(1)" },
      { type: "urn:sandpiper:error:unavailable", retry_after: 5, error: TEXT },
    ],
    ["/jobs", { image_url: "https://example.com/a.png" }, { message: TEXT }],
    ["/calculator/tax-pnl/securities", { security_type: "domestic" }, { code: 503, message: TEXT }],
    ["/submissions", program, { status: 503, error: "Service Unavailable" }],
    ["/api/v2/execute", { language: "python", version: "*", files }, { message: TEXT }],
    ["/operator/maintenance", { on: false, message: "" }, { error: TEXT, code: "unavailable" }],
  ])("is a 503 of POST %s with Retry-After, in its face's shape", async (path, body, shape) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    failStorage(message);
    const operator = { authorization: "Bearer operator-token-of-the-tests" };
    const response = await post(path, JSON.stringify(body), { ...JSON_TYPE, ...operator });
    const told = await response.text();
    expect([response.status, response.headers.get("retry-after")], told).toEqual([503, "5"]);
    expect(JSON.parse(told)).toMatchObject(shape);
    expect(told).not.toMatch(/SQLITE|reference|D1/);
  });

  it("is told an agent by its tool, without its cause", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const headers = { ...JSON_TYPE, accept: "application/json, text/event-stream" };
    const params = { name: "run_code", arguments: { code: "print(1)", language: "python" } };
    const asked = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
    failStorage(message);
    const told = await (await post("/mcp", JSON.stringify(asked), headers)).text();
    expect(told).toContain(`${TEXT}; try again in 5 seconds`);
    expect(told).not.toMatch(/SQLITE|reference =|D1/);
  });
});

describe("an id in capitals", () => {
  it("is the same run", async () => {
    const client = new Client();
    const id = await client.submit();
    for (const path of [`/status/${id.toUpperCase()}`, `/logs/${id.toUpperCase()}/`])
      expect((await client.json<{ job_id: string }>(path)).job_id).toBe(id);
  });

  it("is the same job", async () => {
    const created = await post("/jobs", JSON.stringify({ image_url: "https://a.example/i.png" }));
    const { job_id: id } = await created.json<{ job_id: string }>();
    const found = await new Client().json<{ job_id: string }>(`/jobs/${id.toUpperCase()}/`);
    expect(found.job_id).toBe(id);
  });
});

describe("a path whose escapes are not UTF-8", () => {
  it("is refused in its face's shape", async () => {
    const outputs = await new Client().fetch("/outputs/job-1/%ff.txt");
    expect([outputs.status, await outputs.json()]).toMatchObject([400, { error: expect.any(String) }]);
    const jobs = await new Client().fetch("/jobs/%ff");
    expect([jobs.status, await jobs.json()]).toMatchObject([422, { message: expect.any(String) }]);
  });
});

describe("a submission", () => {
  it("says what of it was ignored, and nothing where nothing was", async () => {
    const told = await post("/submit", JSON.stringify({ code: "1", nice: true }));
    expect(await told.json()).toMatchObject({ warnings: ["nice is not known here and was ignored"] });
    const plain = await post("/submit", JSON.stringify({ code: "1" }));
    expect(await plain.json()).not.toHaveProperty("warnings");
  });

  it("that is a near-miss is refused with a hint", async () => {
    const response = await post("/submit", JSON.stringify({ code: "1", time_limit: 5 }));
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: expect.stringMatching(/^time_limit is not known here/), details: [{ field: "time_limit" }] },
    ]);
  });

  it("says what is missing once", async () => {
    const form = new FormData();
    form.append("files", new File(["1"], "other.txt"));
    form.append("files", new File(["1"], "more.txt"));
    const response = await new Client().fetch("/submit", { method: "POST", body: form });
    expect(await response.json()).toMatchObject({ error: expect.stringMatching(/^No entrypoint specified/) });
  });

  it("that is waited for has the program's output, and the status has it where it is asked for", async () => {
    const client = new Client();
    const submit = (headers: Record<string, string>) =>
      client.json<Record<string, unknown>>("/submit", {
        method: "POST",
        headers: { ...JSON_TYPE, "idempotency-key": "output", ...headers },
        body: JSON.stringify({ code: "1" }),
      });
    const attempt = await executor.of(String((await submit({})).job_id));
    await attempt.log("é".repeat(40_000));
    await attempt.log("oops", "stderr");
    const waiting = submit({ prefer: "wait=20" });
    await attempt.finish();
    const answer = await waiting;
    expect(answer).toMatchObject({ status: "completed", stderr: "oops", truncated: true });
    expect(answer.stdout).toBe("é".repeat(32_768));
    const status = await client.json<Record<string, unknown>>(`/status/${answer.job_id}?include=output`);
    expect(status).toMatchObject({ stdout: answer.stdout, stderr: "oops", truncated: true });
    expect(await client.json(`/status/${answer.job_id}`)).not.toHaveProperty("stdout");
  });
});

describe("readiness", () => {
  it("names the tables and columns that the database lacks, and what to do", async () => {
    const tables = await testEnv.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB '*sequence'",
    ).all<{ name: string }>();
    const migrated = tables.results.map(({ name }) => name).filter((name) => name !== "d1_migrations");
    expect(Object.keys(MIGRATED).toSorted()).toEqual(migrated.toSorted());
    await testEnv.DB.prepare("ALTER TABLE counters RENAME TO counted").run();
    await testEnv.DB.prepare("ALTER TABLE jobs RENAME COLUMN summary TO summed").run();
    const response = await new Client().fetch("/readyz");
    await testEnv.DB.prepare("ALTER TABLE counted RENAME TO counters").run();
    await testEnv.DB.prepare("ALTER TABLE jobs RENAME COLUMN summed TO summary").run();
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({
        status: "not_ready",
        checks: expect.objectContaining({ database: "failing", bucket: "ok" }),
        problem: expect.stringMatching(/lacks jobs\.summary, counters: apply the migrations/),
      }),
    ]);
  });

  it("names each part", async () => {
    // An answer stands for ten seconds.
    const laterMs = Date.now() + 11_000;
    vi.spyOn(Date, "now").mockReturnValue(laterMs);
    const response = await new Client().fetch("/readyz");
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: "ready", checks: { database: "ok", bucket: "ok", queues: "ok", executor: "ok" } },
    ]);
  });
});
