import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { budget, runList, usage } from "../../../src/wire/holder-answers.ts";
import { expectExactly, expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { casesOf, HandExecutor, inputsOf, stdinOf } from "../support/hand-executor.ts";
import { addKey, placesOf, serviceWith } from "../support/keys.ts";
import { jobStub, NO_TRACE, quotaStub, storedIn, traceOf, worldOf } from "../support/objects.ts";
import { rowsRead } from "../support/rows-read.ts";
import { files, manifest, noise, uploaded } from "../support/uploads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});
afterAll(() => executor.uninstall());

/** A client that sends a key with every request. */
class KeyedClient extends Client {
  readonly key: string;

  constructor(key: string) {
    super();
    this.key = key;
  }

  override fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return super.fetch(path, { ...init, headers: { "x-api-key": this.key, ...init.headers } });
  }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const newOwner = (): string => `owner-${crypto.randomUUID()}`;
const holder = async (owner = newOwner()): Promise<KeyedClient> => new KeyedClient(await addKey({ owner }));
const listOf = async (client: Client, query = "") =>
  expectExactly(await client.fetch(`/runs${query}`), runList);
const idsOf = async (client: Client, query = ""): Promise<string[]> =>
  (await listOf(client, query)).runs.map((run) => run.job_id);
const repeat = (client: Client, id: string, headers: Record<string, string> = {}) =>
  client.fetch(`/runs/${id}/repeat`, { method: "POST", headers });

describe("without a key", () => {
  it.each([
    ["GET", "/runs"],
    ["GET", "/usage"],
    ["POST", `/runs/job-${"0".repeat(32)}/repeat`],
  ])("%s %s is refused in the runs' own shape", async (method, path) => {
    await addKey();
    const stranger = new Client();
    await expectProblem(await stranger.fetch(path, { method }), 401, "unauthorized");
    const wrong = { "x-api-key": "spk_nobody-made-this" };
    await expectProblem(await stranger.fetch(path, { method, headers: wrong }), 401, "unauthorized");
    const jobsKey = { "x-api-key": await addKey({ scopes: ["jobs"] }) };
    await expectProblem(await stranger.fetch(path, { method, headers: jobsKey }), 403, "forbidden");
  });
});

describe("the list of runs", () => {
  it("has the runs of an owner's keys, and of nobody else, as they are", async () => {
    const owner = newOwner();
    const [one, two, other] = [await holder(owner), await holder(owner), await holder()];
    const first = await one.submit({ code: "print(1)", args: ["x"] });
    await (await executor.of(first)).finish({ exitCode: 3, cpuSeconds: 0.5, wallTimeMs: 700 });
    const second = await two.submit();
    await other.submit();
    await new Client().submit();
    await until("what is wanted", async () => isSame(await idsOf(one), [second, first]));
    for (const place of placesOf(two.key))
      expect(
        await idsOf({ fetch: (path: string) => new Client().fetch(path, { headers: place }) } as Client),
        JSON.stringify(place),
      ).toEqual([second, first]);
    expect((await listOf(two)).runs[1]).toMatchObject({
      status: "failed",
      entrypoint: "main.py",
      interpreter: "python3",
      exit_code: 3,
      termination_reason: "exit",
      cpu_seconds: 0.5,
      wall_time_ms: 700,
      verdict: null,
      finished_at: expect.stringMatching(/Z$/),
    });
    expect((await listOf(two)).runs[0]).toMatchObject({ exit_code: null, finished_at: null });
    await (await executor.of(second)).finish();
  });

  it("follows what happens to a run: cancelled, it is failed; deleted, it is gone", async () => {
    const client = await holder();
    const id = await client.submit();
    await until("what is wanted", async () => isSame(await idsOf(client, "?status=queued"), [id]));
    await client.post(`/cancel/${id}`, {});
    await until("what is wanted", async () => isSame(await idsOf(client, "?status=failed"), [id]));
    expect((await listOf(client)).runs[0]).toMatchObject({ termination_reason: "cancelled" });
    moveClock(61 * 60_000);
    await runDurableObjectAlarm(jobStub(id));
    expect(await traceOf(id)).toEqual(NO_TRACE);
    expect(await idsOf(client)).toEqual([]);
  });

  it.each([
    ["status=done", "status"],
    ["limit=0", "limit"],
    ["limit=201", "limit"],
    ["limit=1e1", "limit"],
    ["limit=", "limit"],
    ["from=yesterday", "from"],
    ["from=1764240000000", "from"],
    ["to=2026-13-01T00:00:00Z", "to"],
    ["cursor=x", "cursor"],
    [
      `cursor=${btoa(JSON.stringify([1, "0b7d4a3e-0000-4000-8000-00000000000f"])).replaceAll("=", "")}`,
      "cursor",
    ],
  ])("refuses %s and names the parameter", async (query, field) => {
    const client = await holder();
    const body = await expectProblem(await client.fetch(`/runs?${query}`), 400, "invalid_request");
    expect(body.details).toMatchObject([{ field }]);
    expect(body.error).toContain(field);
  });

  it("ignores parameters that it does not know", async () => {
    expect(await idsOf(await holder(), "?nothing=1")).toEqual([]);
  });
});

const FIRST_MS = Date.UTC(2026, 0, 1);
const STATES = ["succeeded", "failed", "cancelled", "expired", "running", "queued"];

/** Runs of an owner, a second after one another; each sixth of another state. */
const insertRuns = (owner: string, count: number, prefix: string): Promise<unknown> =>
  testEnv.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
     INSERT INTO jobs (object_id, public_id, face, state, version, created_at_ms, updated_at_ms, finished_at_ms, owner)
     SELECT ?3 || printf('%060d', i), 'job-' || ?3 || printf('%028d', i), 'runs',
       CASE i % 6 ${STATES.map((state, at) => `WHEN ${at} THEN '${state}'`).join(" ")} END,
       9, ?4 + i * 1000, ?4, ?4, ?1 FROM n`,
  )
    .bind(owner, count, prefix, FIRST_MS)
    .run();

describe("a list over 5,000 runs", () => {
  const owner = newOwner();
  let client: KeyedClient;
  beforeAll(async () => {
    client = await holder(owner);
    await insertRuns(owner, 5_000, "aaaa");
    await insertRuns(newOwner(), 5_000, "bbbb");
  });

  const at = (i: number): string => new Date(FIRST_MS + i * 1_000).toISOString();

  it.each([
    ["without a filter", "", 50],
    ["with the largest limit", "limit=200", 200],
    ["of those that failed, whatever stopped them", "status=failed", 50],
    ["of those that completed", "status=completed", 50],
    ["from an instant on", `from=${at(4_990)}`, 10],
    ["up to an instant", `to=${at(9)}`, 10],
    ["in a range with an offset", `from=${at(100)}&to=2026-01-01T02%3A02%3A40%2B02:00`, 50],
    ["by status and range", `status=failed&from=${at(0)}&to=${at(11)}`, 6],
    ["of an empty range", `from=${at(10)}&to=${at(9)}`, 0],
  ])("reads no more rows than it returns, plus one, %s", async (_what, query, expected) => {
    await client.fetch("/stats");
    const first = await rowsRead(() => listOf(client, `?${query}`));
    expect(first.answer.runs).toHaveLength(expected);
    expect(first.read).toBeLessThanOrEqual(expected + 1);
    if (first.answer.next === null) return;
    const second = await rowsRead(() => listOf(client, `?${query}&cursor=${first.answer.next}`));
    expect(second.read).toBeLessThanOrEqual(second.answer.runs.length + 1);
    const [last, next] = [first.answer.runs.at(-1), second.answer.runs[0]];
    expect(Date.parse(last?.created_at ?? "") - Date.parse(next?.created_at ?? "")).toBeGreaterThan(0);
  });

  it("shows each run once, page by page to the end", async () => {
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page = await listOf(
        client,
        `?limit=200&status=failed${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      seen.push(...page.runs.map((run) => run.job_id));
      cursor = page.next;
    }
    expect(new Set(seen).size).toBe(2_500);
    expect(seen).toHaveLength(2_500);
  });
});

describe("usage", () => {
  it("tells an owner what its keys used now, in this hour and in this month", async () => {
    const owner = newOwner();
    const [one, two] = [await holder(owner), await holder(owner)];
    for (const client of [one, two]) {
      const id = await client.submit();
      await (await executor.of(id)).finish({ cpuSeconds: 1.25 });
    }
    await one.submit();
    const told = await expectExactly(await two.fetch("/usage"), usage);
    expect(told).toMatchObject({
      owner,
      quota_class: "default",
      active_jobs: { used: 1, limit: 20 },
      jobs_per_hour: { used: 3, limit: 1_000 },
      cpu_seconds_per_minute: { used: 2.5, limit: 120 },
      can_submit: true,
      hour: { jobs: 3, cpu_seconds: 2.5 },
      month: { jobs: 3, cpu_seconds: 2.5 },
      doors: { active_jobs: { used: 0 }, hour: { jobs: 0 }, month: { jobs: 0 } },
    });
    expect(budget.parse(told.doors).month.since).toMatch(/-01T00:00:00.000Z$/);
    expect(told.hour.since).toMatch(/:00:00.000Z$/);
  });

  it("counts what comes by a door apart", async () => {
    const owner = newOwner();
    const key = await addKey({ owner });
    const open = serviceWith({ ACCESS: "open" });
    const made = await open(
      "/submissions",
      { "x-auth-token": key },
      { source_code: "print(1)", language_id: 71 },
    );
    expect(made.status).toBe(201);
    const told = await expectExactly(await new KeyedClient(key).fetch("/usage"), usage);
    expect(told).toMatchObject({
      month: { jobs: 0 },
      doors: { month: { jobs: 1 }, active_jobs: { used: 1 } },
    });
    expect(await idsOf(new KeyedClient(key))).toEqual([]);
  });

  it("begins anew with the month, and is then not stored any more", async () => {
    const owner = newOwner();
    const client = await holder(owner);
    await (await executor.of(await client.submit())).finish({ cpuSeconds: 1 });
    const { since } = (await expectExactly(await client.fetch("/usage"), usage)).month;
    const start = new Date(since);
    const nextMs = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1) + 3_700_000;
    moveClock(nextMs - Date.now());
    const later = await expectExactly(await client.fetch("/usage"), usage);
    expect(later).toMatchObject({ month: { jobs: 0, cpu_seconds: 0 }, hour: { jobs: 0 } });
    const stub = quotaStub(`owner/default/${owner}`);
    await runDurableObjectAlarm(stub);
    expect(await storedIn(stub)).toBe(0);
  });
});

describe("repeating a run", () => {
  it("runs the same program again, while the first is there", async () => {
    const owner = newOwner();
    const client = await holder(owner);
    const given = {
      code: "print(input())",
      args: ["a"],
      env: { A: "b" },
      stdin: "typed",
      timeout: 7,
      outputs: ["*.x"],
    };
    const id = await client.submit(given);
    const first = await executor.of(id);
    const [tar, stdin] = [await inputsOf(first.request), await stdinOf(first.request)];
    await first.finish();
    const answer = await repeat(await holder(owner), id);
    expect(answer.headers.get("ratelimit")).toContain('"active";r=19');
    const again = String((await answer.json<{ job_id: string }>()).job_id);
    expect(again).not.toBe(id);
    const second = await executor.of(again);
    expect(await inputsOf(second.request)).toEqual(tar);
    expect(await stdinOf(second.request)).toBe(stdin);
    const { program, limits, outputs, jobHash } = second.request;
    expect({ program, limits, outputs, jobHash }).toEqual({
      program: first.request.program,
      limits: first.request.limits,
      outputs: first.request.outputs,
      jobHash: first.request.jobHash,
    });
    await second.finish();
    await until("what is wanted", async () => isSame(await idsOf(client), [again, id]));
  });

  it("copies what is too large for an object, and cases with their rules", async () => {
    const client = await holder();
    const big = noise(300_000);
    const id = await uploaded(client, files("main.py", big), manifest({ entrypoint: "main.py" }));
    await (await executor.of(id)).finish();
    const again = await (await repeat(client, id)).json<{ job_id: string }>();
    const second = await executor.of(again.job_id);
    const tar = await inputsOf(second.request);
    expect(tar.length).toBeGreaterThan(big.length);
    expect((await traceOf(again.job_id)).objects).toBe(1);
    await second.finish();

    const judged = await client.submit({
      code: "print(1)",
      language: "python",
      cases: [{ stdin: "1", expected_output: "1" }],
    });
    const firstCases = await casesOf((await executor.of(judged)).request);
    const judgedAgain = await (await repeat(client, judged)).json<{ job_id: string }>();
    expect(await casesOf((await executor.of(judgedAgain.job_id)).request)).toEqual(firstCases);
  });

  it("finds only runs of the key's owner", async () => {
    const [mine, theirs] = [await holder(), await holder()];
    const [id, anonymous] = [await theirs.submit(), await new Client().submit()];
    for (const unknown of [id, anonymous, `job-${"0".repeat(32)}`, "nonsense"])
      await expectProblem(await repeat(mine, unknown), 404, "job_not_found");
  });

  it("makes one run under an idempotency key, and waits where that is preferred", async () => {
    const client = await holder();
    const id = await client.submit();
    await (await executor.of(id)).finish();
    const headers = { "idempotency-key": '"again"' };
    const made = await (await repeat(client, id, headers)).json<{ job_id: string }>();
    const replayed = await repeat(client, id, headers);
    expect(replayed.headers.get("idempotency-replayed")).toBe("true");
    expect(await replayed.json()).toMatchObject({ job_id: made.job_id });
    const other = await client.submit();
    await expectProblem(await repeat(client, other, headers), 422, "key_reused");
    await expectProblem(await repeat(client, other, { "idempotency-key": "a b" }), 400, "invalid_request");
    const attempt = executor.of(made.job_id).then((one) => one.finish());
    expect(await client.json(`/status/${made.job_id}`, { headers: { prefer: "wait=10" } })).toMatchObject({
      status: "completed",
    });
    await attempt;
  });

  it("leaves nothing behind where it is refused", async () => {
    const owner = newOwner();
    const client = await holder(owner);
    const id = await uploaded(client, files("main.py", noise(300_000)), manifest({ entrypoint: "main.py" }));
    for (let count = 1; count < 20; count += 1) await client.submit();
    const before = await worldOf(`owner/default/${owner}`);
    const refused = await repeat(client, id);
    expect(refused.headers.get("retry-after")).toMatch(/^[1-9]/);
    expect((await expectProblem(refused, 429, "rate_limited")).reason).toContain("(20)");
    await testEnv.DB.prepare("INSERT INTO switches VALUES ('maintenance', 'Back at noon')").run();
    moveClock(60_000);
    expect((await expectProblem(await repeat(client, id), 503, "unavailable")).error).toBe("Back at noon");
    await testEnv.DB.prepare("DELETE FROM switches").run();
    moveClock(120_000);
    // The isolate, which the next file shares, is to know that it is over.
    expect((await client.fetch("/stats")).status).toBe(200);
    expect(await worldOf(`owner/default/${owner}`)).toEqual(before);
  });
});
