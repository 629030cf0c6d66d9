import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Client } from "../support/client.ts";
import { startCounting } from "../support/counting.ts";
import { testEnv } from "../support/env.ts";
import { failDatabaseWrites } from "../support/faults.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { Receiver } from "../support/webhook-receiver.ts";
import { endpoint, submitWith } from "../support/webhooks.ts";
import { dataOf, TAX } from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => executor.uninstall());

const call = serviceWith({ ACCESS: "keys" });
const TOKEN = { authorization: "Bearer operator-token-of-the-tests" };

const metrics = async () => {
  const response = await call("/metrics", TOKEN);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return parsePrometheusTextFormat(await response.text());
};

type Labels = Readonly<Record<string, string>>;
/** The value of the sample with these labels; 0 where there is none yet. */
const sampleOf = (families: Awaited<ReturnType<typeof metrics>>, name: string, labels: Labels = {}) => {
  const family = families.find((one) => one.name === `sandpiper_${name}`);
  const sample = family?.metrics.find((one) =>
    Object.entries(labels).every(([label, value]) => one.labels?.[label] === value),
  );
  return Number(sample?.value ?? 0);
};

const FAMILIES = {
  gauge: [
    ...["jobs_unfinished", "jobs_oldest_seconds", "pool_waiting", "pool_oldest_wait_seconds", "executors"],
    ...["executor_slots", "executor_held", "executor_refused", "executor_lost", "containers"],
  ],
  counter: [
    ...["jobs_ended_total", "leases_lost_total", "refusals_total", "webhook_attempts_total"],
    ...["container_starts_total", "effects_failed_total"],
  ],
};

describe("the metrics", () => {
  it("are read by a parser of Prometheus' format, each family with its type and a help", async () => {
    const families = await metrics();
    for (const [type, names] of Object.entries(FAMILIES))
      for (const name of names) {
        const family = families.find((one) => one.name === `sandpiper_${name}`);
        expect([name, family?.type, family?.help]).toEqual([name, type.toUpperCase(), expect.any(String)]);
      }
  });

  it("count what has not ended, by face and state", async () => {
    await dataOf(await call(TAX, { "x-api-key": await addKey() }, { security_type: "domestic" }));
    const labels = { face: "workloads", state: "created" };
    expect(sampleOf(await metrics(), "jobs_unfinished", labels)).toBeGreaterThan(0);
  });

  it("count ends, refusals, attempts to deliver and effects that failed", async () => {
    const before = await metrics();
    const client = new Client();
    const receiver = new Receiver();
    const id = await submitWith(client, endpoint(receiver.url));
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const attempt = await executor.of(id);
    failDatabaseWrites(1);
    await attempt.finish();
    await receiver.attempts(1);
    const headers = { "x-api-key": await addKey() };
    const body = { image_url: "https://example.com/a.png" };
    const { job_id: typed } = await (await call("/jobs", headers, body)).json<{ job_id: string }>();
    await call(`/jobs/${typed}`, headers, { status: "error" }, "PATCH");
    for (let count = 0; count < 3; count += 1) await client.post("/submit", { code: "print(1)" });
    expect((await call("/stats", { "cf-connecting-ip": "2a06:98c0:3600::103" })).status).toBe(403);
    const grown = async (name: string, labels: Labels): Promise<number> =>
      sampleOf(await metrics(), name, labels) - sampleOf(before, name, labels);
    expect(await grown("jobs_ended_total", { face: "runs", end: "succeeded" })).toBe(1);
    expect(await grown("jobs_ended_total", { face: "jobs", end: "error" })).toBe(1);
    expect(await grown("refusals_total", { rule: "active_jobs" })).toBe(1);
    expect(await grown("refusals_total", { rule: "other_zones" })).toBe(1);
    expect(await grown("effects_failed_total", { kind: "job" })).toBe(1);
    await expect.poll(() => grown("webhook_attempts_total", { state: "delivered" })).toBe(1);
  });

  it("read no more rows the more jobs have ended", async () => {
    const readBy = async (): Promise<number> => {
      const counts = await startCounting();
      const batch = vi.spyOn(Object.getPrototypeOf(testEnv.DB) as D1Database, "batch");
      await metrics();
      const answers = await Promise.all(batch.mock.results.map(({ value }) => value as Promise<D1Result[]>));
      vi.restoreAllMocks();
      return counts.databaseRowsRead + answers.flat().reduce((sum, { meta }) => sum + meta.rows_read, 0);
    };
    await metrics();
    const before = await readBy();
    const insert = testEnv.DB.prepare(
      `INSERT INTO jobs (object_id, face, state, version, created_at_ms, updated_at_ms, finished_at_ms)
       SELECT 'ended ' || value, 'runs', 'succeeded', 1, 1, 1, 1 FROM
       (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 2000) SELECT value FROM n)`,
    );
    await insert.run();
    expect(await readBy()).toBeLessThanOrEqual(before + 5);
    await testEnv.DB.prepare("DELETE FROM jobs WHERE object_id LIKE 'ended %'").run();
  });
});
