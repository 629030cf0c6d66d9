import { afterEach, describe, expect, it } from "vitest";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { NO_TRACE, traceOf } from "../support/objects.ts";
import { dataOf, expectWorkloadError, TAX } from "../support/workloads.ts";

const call = serviceWith({ ACCESS: "keys" });
const TOKEN = { authorization: "Bearer operator-token-of-the-tests" };
const DOMESTIC = { security_type: "domestic" };
const CAPTION = { image_url: "https://example.com/a.png" };
afterEach(restoreClock);

const operate = async <T = Record<string, never>>(path: string, body?: unknown, method?: string) => {
  const response = await call(path, TOKEN, body, method);
  return { status: response.status, body: await response.json<T>() };
};

type Key = { key: string; details: { id: string; owner: string } };
type Jobs = { jobs: { ref: string; face: string; owner: string; state: string }[]; next: string | null };

describe("the operator's face", () => {
  it.each([
    "/operator/jobs",
    "/operator/keys",
    "/operator/blocks",
    "/operator/maintenance",
    "/pool",
    "/metrics",
  ])("%s is for the operator alone", async (path) => {
    for (const headers of [
      {},
      { "x-api-key": await addKey() },
      { authorization: "Bearer wrong-token-of-all" },
    ])
      expect((await call(path, headers as Record<string, string>)).status).toBe(401);
    expect((await call(path, TOKEN)).status).toBe(200);
  });

  it("takes either of two tokens while one follows the other, and none where none is set", async () => {
    const both = serviceWith({ OPERATOR_TOKEN: "the-token-that-goes, the-token-that-comes" });
    for (const token of ["the-token-that-goes", "the-token-that-comes"])
      expect((await both("/operator/keys", { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await both("/operator/keys", TOKEN)).status).toBe(401);
    const none = serviceWith({ OPERATOR_TOKEN: "" });
    for (const headers of [TOKEN, { authorization: "Bearer " }])
      expect((await none("/operator/keys", headers)).status).toBe(401);
  });

  it("leaves a line in the audit for each call, which holds no token", async () => {
    const { body } = await operate<Key>("/operator/keys", { owner: "audited" });
    await operate(`/operator/keys/${body.details.id}`, undefined, "DELETE");
    const { results } = await testEnv.DB.prepare("SELECT * FROM audit ORDER BY at_ms DESC LIMIT 2").all();
    expect(results.map(({ action }) => action).sort()).toEqual(["createKey", "revokeKey"]);
    expect(results[0]?.token).toMatch(/^[0-9a-f]{8}$/);
    expect(JSON.stringify(results)).not.toContain("operator-token");
  });

  it.each([
    ["/operator/keys", { owner: "" }],
    ["/operator/keys", { owner: "x", scopes: ["all"] }],
    ["/operator/keys", { owner: "x", surprise: 1 }],
    ["/operator/blocks", { kind: "address", value: "nowhere", reason: "x" }],
    ["/operator/blocks", { kind: "range", value: "10.0.0.0/99", reason: "x" }],
    ["/operator/maintenance", { on: "yes" }],
    ["/operator/purge", { older_than_seconds: -1 }],
  ])("%s refuses %j and changes nothing", async (path, body) => {
    expect((await operate(path, body)).status).toBe(422);
  });
});

describe("keys", () => {
  it("are made, used, rotated without a lost request, and revoked", async () => {
    const made = (await operate<Key>("/operator/keys", { owner: "team", scopes: ["workloads"] })).body;
    expect(made.key).toMatch(/^spk_[0-9a-f]{64}$/);
    const data = await dataOf(await call(TAX, { "x-api-key": made.key }, DOMESTIC));
    const path = `/operator/keys/${made.details.id}/rotate`;
    const next = (await operate<Key>(path, { grace_seconds: 60 })).body;
    for (const key of [made.key, next.key])
      await dataOf(await call(`${TAX}/${data.job_id}`, { "x-api-key": key }));
    moveClock(91_000);
    await expectWorkloadError(await call(`${TAX}/${data.job_id}`, { "x-api-key": made.key }), 401);
    await dataOf(await call(`${TAX}/${data.job_id}`, { "x-api-key": next.key }));
    await operate(`/operator/keys/${next.details.id}`, undefined, "DELETE");
    await expectWorkloadError(await call(`${TAX}/${data.job_id}`, { "x-api-key": next.key }), 401);
    const listed = JSON.stringify((await operate("/operator/keys")).body);
    expect(listed).toContain(made.details.id);
    expect(listed).not.toContain(made.key);
  });

  it("that holders have already are taken by their hash, once", async () => {
    const text = "any text that a client had before";
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    const hash = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const made = await operate<{ key: string | null }>("/operator/keys", { owner: hash, hash });
    expect([made.status, made.body.key]).toEqual([201, null]);
    await dataOf(await call(TAX, { "x-api-key": text }, DOMESTIC));
    expect((await operate("/operator/keys", { owner: "another", hash })).status).toBe(422);
  });
});

describe("jobs of every face", () => {
  it("are listed, inspected, cancelled and removed by refs that tell no id of a run", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const headers = { "x-api-key": await addKey({ owner }) };
    const typed = await (await call("/jobs", headers, CAPTION)).json<{ job_id: string }>();
    const workload = await dataOf(await call(TAX, headers, DOMESTIC));
    const run = await (await call("/submit", {}, { code: "print(1)" })).json<{ job_id: string }>();
    const own = (await operate<Jobs>(`/operator/jobs?owner=${owner}`)).body.jobs;
    expect(own.map(({ face }) => face).sort()).toEqual(["jobs", "workloads"]);
    const all = (await operate<Jobs>("/operator/jobs?limit=200")).body;
    expect(JSON.stringify(all)).not.toContain(run.job_id);
    const refOf = (face: string) => own.find((job) => job.face === face)?.ref ?? "";
    const shown = (await operate<{ timeline: unknown[] }>(`/operator/jobs/${refOf("workloads")}`)).body;
    expect(shown).toMatchObject({ face: "workloads", owner, timeline: expect.arrayContaining([]) });
    expect(shown.timeline.length).toBeGreaterThan(0);
    for (const face of ["jobs", "workloads"])
      expect((await operate(`/operator/jobs/${refOf(face)}/cancel`, {})).status).toBe(200);
    expect(await (await call(`/jobs/${typed.job_id}`, headers)).json()).toMatchObject({
      status: "cancelled",
    });
    for (const face of ["jobs", "workloads"])
      expect((await operate(`/operator/jobs/${refOf(face)}`, undefined, "DELETE")).status).toBe(200);
    expect((await call(`/jobs/${typed.job_id}`, headers)).status).toBe(404);
    expect(await traceOf(String(workload.job_id))).toEqual(NO_TRACE);
    await call(`/cancel/${run.job_id}`, {}, {});
    for (const ref of ["job.x", "typed.x", "nothing"])
      expect((await operate(`/operator/jobs/${ref}`)).status).toBe(404);
  });

  it("come in pages that hold each job once", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const headers = { "x-api-key": await addKey({ owner }) };
    for (let count = 0; count < 3; count += 1) {
      await call("/jobs", headers, CAPTION);
      await call(TAX, headers, DOMESTIC);
    }
    const refs: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page: Jobs = (await operate<Jobs>(`/operator/jobs?owner=${owner}&limit=2${query}`)).body;
      refs.push(...page.jobs.map(({ ref }) => ref));
      cursor = page.next;
    }
    expect([refs.length, new Set(refs).size]).toEqual([6, 6]);
  });

  it("are purged only when that is meant, with nothing left of them", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const headers = { "x-api-key": await addKey({ owner }) };
    const other = { "x-api-key": await addKey() };
    const mine = await dataOf(await call(TAX, headers, DOMESTIC));
    const theirs = await dataOf(await call(TAX, other, DOMESTIC));
    expect((await operate("/operator/purge", { owner })).body).toMatchObject({ found: 1, removed: 0 });
    await dataOf(await call(`${TAX}/${mine.job_id}`, headers));
    expect((await operate("/operator/purge", { owner, dry_run: false })).body).toMatchObject({ removed: 1 });
    expect(await traceOf(String(mine.job_id))).toEqual(NO_TRACE);
    await dataOf(await call(`${TAX}/${theirs.job_id}`, other));
    expect((await operate("/operator/purge", { owner, dry_run: false })).body).toMatchObject({ removed: 0 });
  });
});

describe("what the operator shuts", () => {
  it("is answered with 403 and the reason, until it is opened again", async () => {
    const block = { kind: "range", value: "203.0.113.0/24", reason: "floods" };
    const { id } = (await operate<{ id: string }>("/operator/blocks", block)).body;
    const from = (address: string) => call("/stats", { "cf-connecting-ip": address });
    const refused = await from("203.0.113.9");
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: expect.stringContaining("floods") },
    ]);
    expect((await from("203.0.114.9")).status).toBe(200);
    expect((await from("::ffff:203.0.113.9")).status).toBe(403);
    await operate(`/operator/blocks/${id}`, undefined, "DELETE");
    expect((await from("203.0.113.9")).status).toBe(200);
  });

  it("ends by itself at its time", async () => {
    const until = Date.now() + 60_000;
    await operate("/operator/blocks", { kind: "address", value: "2001:db8::1", reason: "x", until });
    const from = () => call("/stats", { "cf-connecting-ip": "2001:db8:0:0::1" });
    expect((await from()).status).toBe(403);
    moveClock(61_000);
    expect((await from()).status).toBe(200);
  });

  it("turns Workers of other zones away unless they have a key", async () => {
    const address = { "cf-connecting-ip": "2a06:98c0:3600::103" };
    expect((await call("/stats", address)).status).toBe(403);
    expect((await call("/stats", { ...address, "x-api-key": await addKey() })).status).toBe(200);
  });

  it("takes no new jobs in maintenance, in each face's own shape, and goes on with those there are", async () => {
    const headers = { "x-api-key": await addKey() };
    const data = await dataOf(await call(TAX, headers, DOMESTIC));
    await operate("/operator/maintenance", { on: true, message: "Back at noon" });
    for (const [path, body] of [
      ["/submit", { code: "1" }],
      ["/jobs", CAPTION],
    ] as const) {
      const response = await call(path, headers, body);
      expect([response.status, response.headers.has("retry-after")]).toEqual([503, true]);
      expect(await response.text()).toContain("Back at noon");
    }
    expect((await call(TAX, headers, DOMESTIC)).status).toBeGreaterThanOrEqual(500);
    await dataOf(await call(`${TAX}/${data.job_id}`, headers));
    expect(await (await call("/config_info")).json()).toMatchObject({ maintenance_mode: true });
    await operate("/operator/maintenance", { on: false });
    await dataOf(await call(TAX, headers, DOMESTIC));
  });
});
