import { afterEach, describe, expect, it } from "vitest";
import { expectProblem } from "../support/answers.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { addKey, placesOf, serviceWith } from "../support/keys.ts";
import { dataOf, expectWorkloadError, TAX } from "../support/workloads.ts";

const closed = serviceWith({ ACCESS: "keys" });
const open = serviceWith({ ACCESS: "open" });
const DOMESTIC = { security_type: "domestic" };
const CAPTION = { image_url: "https://example.com/a.png" };
const CODE = { code: "print(1)", interpreter: "python3" };
afterEach(restoreClock);

describe("a deployment that wants keys and has none", () => {
  it("says so in every refusal of typed jobs and workloads", async () => {
    await testEnv.DB.prepare("DELETE FROM api_keys").run();
    moveClock(60_000);
    const jobs = await closed("/jobs", {}, CAPTION);
    expect([jobs.status, await jobs.json()]).toMatchObject([
      401,
      { message: expect.stringContaining("sandpiper keys create") },
    ]);
    const error = await expectWorkloadError(await closed(TAX, {}, DOMESTIC), 401);
    expect(error.message).toContain("sandpiper keys create");
  });

  it("says what to send once there is a key", async () => {
    await addKey();
    const error = await expectWorkloadError(await closed(TAX, {}, DOMESTIC), 401);
    expect(error.message).toContain("x-api-key");
  });
});

describe("a key", () => {
  it("is taken at every place where a client can put one, by every face", async () => {
    const key = await addKey();
    for (const headers of placesOf(key)) {
      expect((await closed("/jobs", headers, CAPTION)).status, JSON.stringify(headers)).toBe(201);
      expect((await closed(TAX, headers, DOMESTIC)).status, JSON.stringify(headers)).toBe(200);
      expect((await closed("/stats", headers)).status, JSON.stringify(headers)).toBe(200);
    }
  });

  it.each([
    ["none", {}],
    ["an empty one", { "x-api-key": "" }],
    ["one that nobody made", { "x-api-key": "spk_nobody-made-this" }],
    ["text that is no key", { authorization: "Bearer text" }],
    ["Basic credentials that are damaged", { authorization: "Basic %%%" }],
    ["Basic credentials without a password", { authorization: `Basic ${btoa("user")}` }],
  ])("is wanted by typed jobs and workloads: %s is refused", async (_what, headers) => {
    await addKey();
    const given = headers as Record<string, string>;
    const before = await testEnv.DB.prepare("SELECT count(*) AS n FROM typed_jobs").first("n");
    const routes: [string, unknown?, string?][] = [
      ["/jobs", CAPTION],
      ["/jobs"],
      ["/jobs/claim", {}],
      ["/jobs/0b7d4a3e-0000-4000-8000-00000000000f"],
      ["/jobs/0b7d4a3e-0000-4000-8000-00000000000f", {}, "PATCH"],
      ["/jobs/0b7d4a3e-0000-4000-8000-00000000000f", undefined, "DELETE"],
      ["/settings"],
      ["/settings", { model: "x" }, "PATCH"],
    ];
    for (const [path, body, method] of routes)
      expect((await closed(path, given, body, method)).status, path).toBe(401);
    await expectWorkloadError(await closed(TAX, given, DOMESTIC), 401);
    await expectWorkloadError(await closed(`${TAX}/search`, given, {}), 401);
    expect(await testEnv.DB.prepare("SELECT count(*) AS n FROM typed_jobs").first("n")).toBe(before);
  });

  it("leaves the health check and the description open", async () => {
    for (const path of ["/healthcheck", "/health", "/openapi/openapi.json"])
      expect((await closed(path)).status, path).toBe(200);
  });

  it("works only where it was made for", async () => {
    const forRuns = await addKey({ scopes: ["runs"] });
    const headers = { "x-api-key": forRuns };
    expect((await closed("/stats", headers)).status).toBe(200);
    expect((await closed("/jobs", headers)).status).toBe(403);
    await expectWorkloadError(await closed(TAX, headers, DOMESTIC), 403);
    const forJobs = await addKey({ scopes: ["jobs"] });
    await expectProblem(await closed("/stats", { "x-api-key": forJobs }), 403, "forbidden");
  });

  it("that ran out or was revoked is refused, also where strangers may call", async () => {
    const past = Date.now() - 1_000;
    for (const ended of [{ expiresAtMs: past }, { revokedAtMs: past }]) {
      const key = await addKey();
      await testEnv.DB.prepare("UPDATE api_keys SET expires_at_ms = ?1, revoked_at_ms = ?2 WHERE hash = ?3")
        .bind("expiresAtMs" in ended ? past : null, "revokedAtMs" in ended ? past : null, await hashOf(key))
        .run();
      await expectWorkloadError(await closed(TAX, { "x-api-key": key }, DOMESTIC), 401);
      await expectProblem(await open("/submit", { "x-api-key": key }, CODE), 401, "unauthorized");
    }
  });

  it("works for at most 30 s after it was revoked", async () => {
    const key = await addKey();
    await dataOf(await closed(TAX, { "x-api-key": key }, DOMESTIC));
    await testEnv.DB.prepare("UPDATE api_keys SET revoked_at_ms = 1 WHERE hash = ?1")
      .bind(await hashOf(key))
      .run();
    moveClock(30_000);
    await expectWorkloadError(await closed(TAX, { "x-api-key": key }, DOMESTIC), 401);
  });

  it("is stored as its hash alone, with the day of its last use", async () => {
    const key = await addKey();
    await dataOf(await closed(TAX, { "x-api-key": key }, DOMESTIC));
    const row = await testEnv.DB.prepare("SELECT * FROM api_keys WHERE hash = ?1")
      .bind(await hashOf(key))
      .first();
    expect(row?.last_used_day).toBe(new Date().toISOString().slice(0, 10));
    expect(JSON.stringify(row)).not.toContain(key);
  });

  it("means nothing in an open deployment where it is none of its own", async () => {
    expect((await open("/jobs", { authorization: "Bearer whatever" }, CAPTION)).status).toBe(201);
    await dataOf(await open(TAX, { "x-api-key": "whatever" }, DOMESTIC));
  });
});

describe("the runs", () => {
  it("are for strangers where the deployment wants keys", async () => {
    expect((await closed("/stats")).status).toBe(200);
    expect((await closed("/status/job-00000000000000000000000000000000")).status).toBe(404);
  });

  it("want a key where strangers may not use them", async () => {
    const shut = serviceWith({ ANONYMOUS_RUNS: "false" });
    for (const path of ["/stats", "/status/job-00000000000000000000000000000000", "/environments"])
      await expectProblem(await shut(path), 401, "unauthorized");
    await expectProblem(await shut("/submit", {}, CODE), 401, "unauthorized");
    expect((await shut("/stats", { "x-api-key": await addKey() })).status).toBe(200);
    expect((await shut("/health")).status).toBe(200);
    expect((await shut("/readyz")).status).not.toBe(401);
  });
});

const hashOf = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};
