import { SELF } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../../src/domain/version.ts";
import { expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { HandExecutor, WORKER_ID } from "../support/hand-executor.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const client = new Client();
const NO_JOB = `job-${"0".repeat(32)}`;

describe("the service itself", () => {
  it("says at the root what clients look for", async () => {
    expect(await client.json("/")).toStrictEqual({
      service: "sandrun",
      implementation: "sandpiper",
      version: VERSION,
      status: "running",
      description: expect.any(String),
      privacy: expect.any(String),
      limits: "10 CPU-seconds per minute, 2 unfinished jobs, 20 jobs per hour",
      documentation: "/openapi",
    });
  });

  it("tells its health and its executor's", async () => {
    expect(await client.json("/health")).toStrictEqual({
      status: "healthy",
      version: VERSION,
      worker_id: WORKER_ID,
      executor: { status: "joined", isolation: 1, accounting: "cgroup-v1" },
    });
  });

  it("is healthy itself without any executor, and knows what the last one had", async () => {
    executor.isDown = true;
    moveClock(6_000);
    const health = await client.json("/health");
    const environments = await client.fetch("/environments");
    executor.isDown = false;
    expect(health).toMatchObject({
      status: "healthy",
      worker_id: null,
      executor: { status: "none", isolation: null, accounting: null },
    });
    expect(await environments.json()).toMatchObject({ templates: ["default"] });
  });

  it("lists the executor's environments by name", async () => {
    const { environments } = executor;
    await executor.have([
      { name: "ml", description: "m", interpreters: ["python3"], packages: ["numpy"], diskBytes: 1, uses: 4 },
      ...environments,
    ]);
    const answer = await client.json("/environments");
    await executor.have(environments);
    expect(answer).toStrictEqual({
      templates: ["default", "ml"],
      stats: { total_templates: 2, cached_environments: 2, total_uses: 7, disk_usage_mb: 1 },
      environments: [
        expect.objectContaining({ name: "default", disk_bytes: 0, uses: 3 }),
        {
          name: "ml",
          description: "m",
          interpreters: ["python3"],
          packages: ["numpy"],
          disk_bytes: 1,
          uses: 4,
        },
      ],
    });
  });

  it("shows a client that has done nothing an untouched quota", async () => {
    const { your_quota, system } = await client.json<Record<string, unknown>>("/stats");
    expect(your_quota).toStrictEqual({
      used: 0,
      limit: 10,
      available: 10,
      active_jobs: 0,
      jobs_last_hour: 0,
      can_submit: true,
      reason: "",
      retry_after: null,
    });
    expect(system).toStrictEqual({ queue_length: expect.any(Number), active_jobs: expect.any(Number) });
  });
});

describe("routing", () => {
  it.each(["/nowhere", "/statsfoo", "/healthz", "/status", "/status/", "/submit/x", "/api/v1", "/%2e%2e/x"])(
    "answers %s with a 404 in JSON",
    async (path) => {
      await expectProblem(await client.fetch(path), 404, "not_found");
    },
  );

  it.each([
    ["DELETE", "/", "GET"],
    ["GET", "/submit", "POST"],
    ["POST", `/status/${NO_JOB}`, "GET"],
    ["PUT", `/logs/${NO_JOB}`, "GET"],
    ["DELETE", `/outputs/${NO_JOB}`, "GET"],
    ["POST", `/download/${NO_JOB}/a/b.txt`, "GET"],
    ["GET", `/cancel/${NO_JOB}`, "POST"],
    ["PATCH", "/stats", "GET"],
    ["POST", "/environments", "GET"],
    ["POST", "/health", "GET"],
  ])("answers %s %s with 405 and what is allowed", async (method, path, allowed) => {
    const response = await client.fetch(path, { method });
    const allow = (response.headers.get("allow") ?? "").split(/,\s*/);
    expect(allow).toContain(allowed);
    expect(allow).toContain("OPTIONS");
    expect(allow).not.toContain(method);
    await expectProblem(response, 405, "method_not_allowed");
  });

  it.each(["/", "/stats", "/health", "/environments", "/openapi", "/openapi/openapi.json"])(
    "answers HEAD %s as GET without a body",
    async (path) => {
      const head = await client.fetch(path, { method: "HEAD" });
      const get = await client.fetch(path);
      expect([head.status, head.headers.get("content-type")]).toEqual([200, get.headers.get("content-type")]);
      expect(await head.text()).toBe("");
      await get.body?.cancel();
    },
  );

  it("answers HEAD of an unknown job with 404", async () => {
    for (const route of ["status", "logs", "outputs", "download"]) {
      expect((await client.fetch(`/${route}/${NO_JOB}`, { method: "HEAD" })).status).toBe(404);
    }
  });

  it("ignores query strings that it does not know", async () => {
    expect(await client.json("/?service=other&x[]=1")).toMatchObject({ service: "sandrun" });
    expect((await client.fetch("/health?%C3%BC=%00&&&")).status).toBe(200);
    await expectProblem(await client.fetch(`/status/${NO_JOB}?id=job-1`), 404, "job_not_found");
  });

  it("reads header names in any case", async () => {
    const response = await client.fetch("/submit", {
      method: "POST",
      headers: [["CONTENT-TYPE", "Application/JSON; charset=utf-8"]],
      body: JSON.stringify({ code: 5 }),
    });
    await expectProblem(response, 400, "invalid_manifest");
  });
});

describe("calls from a browser", () => {
  it.each(["/submit", `/status/${NO_JOB}`, `/cancel/${NO_JOB}`, "/nowhere", "/"])(
    "passes the preflight of %s",
    async (path) => {
      const response = await client.fetch(path, {
        method: "OPTIONS",
        headers: {
          origin: "https://page.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type, x-custom",
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-allow-methods")).toContain("POST");
      expect(response.headers.get("access-control-allow-headers")).toMatch(/content-type,\s*x-custom/);
      expect(Number(response.headers.get("access-control-max-age"))).toBeGreaterThan(0);
      expect(await response.text()).toBe("");
    },
  );

  it("may read answers, errors and the headers that say when to come back", async () => {
    const headers = { origin: "https://page.example" };
    const ok = await client.fetch("/", { headers });
    expect(ok.headers.get("access-control-allow-origin")).toBe("*");
    expect(ok.headers.get("access-control-expose-headers")).toMatch(/Retry-After/);
    expect(ok.headers.get("access-control-allow-credentials")).toBeNull();
    const upgrade = await client.fetch(`/stream/${NO_JOB}`, { headers });
    expect(upgrade.headers.get("upgrade")).toBe("websocket");
    await expectProblem(upgrade, 426, "upgrade_required");
    const refused = await client.fetch("/submit", { method: "POST", headers, body: "x" });
    await expectProblem(refused, 415, "unsupported_media_type");
  });

  it("gets a request id of our making whatever it sends", async () => {
    const response = await client.fetch("/", { headers: { "x-request-id": "mine" } });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a request without a client address", () => {
  it("may look around, but submits nothing", async () => {
    expect((await SELF.fetch("http://sandpiper.test/stats")).status).toBe(200);
    const response = await SELF.fetch("http://sandpiper.test/submit", {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-for": "192.0.2.7" },
      body: JSON.stringify({ code: "1" }),
    });
    await expectProblem(response, 400, "invalid_request");
  });
});
