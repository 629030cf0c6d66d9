import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { durableWebhooks } from "../../../src/adapters/webhooks.ts";
import { WEBHOOK_EVENTS } from "../../../src/domain/webhooks/event.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { failDatabaseWrites, failQueueSends } from "../support/faults.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { bucketKeysOf, evict, jobStub, NO_TRACE, objectIdOf, rowOf, traceOf } from "../support/objects.ts";
import { Receiver, verified } from "../support/webhook-receiver.ts";
import {
  afterAttempts,
  deliveryStub,
  endpoint,
  secretOf,
  submitWith,
  webhookNamespace,
} from "../support/webhooks.ts";
import { dataOf, keyOf, put, TAX } from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});
afterAll(() => executor.uninstall());

const call = serviceWith({ ACCESS: "keys" });
const TOKEN = { authorization: "Bearer operator-token-of-the-tests" };
const operate = async <T = Record<string, unknown>>(path: string, body?: unknown, method?: string) => {
  const response = await call(path, TOKEN, body, method);
  return { status: response.status, body: await response.json<T>() };
};
const refOf = (runId: string): string => `job.${objectIdOf(runId)}`;

type Delivery = { id: string; state: string; attempts: number; last_status: number | null };
type Deliveries = { deliveries: Delivery[]; next: string | null };

const webhooks = durableWebhooks(webhookNamespace);
const announced = async (receiver: Receiver): Promise<string> => {
  const signer = { kind: "service", secretName: "RECEIVER_SECRET" } as const;
  const subscription = { url: receiver.url, signer, events: WEBHOOK_EVENTS };
  const event = { objectId: crypto.randomUUID(), type: "job.failed", atMs: Date.now(), data: {} } as const;
  await webhooks.announce([subscription], event);
  const [delivery] = await webhooks.deliveriesOf([subscription], event.objectId, event.type);
  await afterAttempts(delivery?.id ?? "", 1);
  return delivery?.id ?? "";
};

const listed = async (query = "?limit=200"): Promise<Deliveries> =>
  (await operate<Deliveries>(`/operator/webhooks${query}`)).body;
const shown = async (id: string): Promise<Delivery | null> =>
  (await listed()).deliveries.find((one) => one.id === id) ?? null;

describe("deliveries", () => {
  it("are listed with those first that need somebody, in pages that hold each once", async () => {
    const steps = [{ status: 204 }, { status: 500 }, { status: 410 }];
    const ids: string[] = [];
    for (const step of steps) {
      const receiver = new Receiver();
      await receiver.plan(step);
      ids.push(await announced(receiver));
    }
    await until("the rows", async () => (await shown(ids[0] ?? ""))?.state === "delivered");
    await until("the rows", async () => (await shown(ids[2] ?? ""))?.state === "disabled");
    const own = (await listed()).deliveries.filter(({ id }) => ids.includes(id));
    expect(own.map(({ state }) => state)).toEqual(["disabled", "pending", "delivered"]);
    const metrics = await (await call("/metrics", TOKEN)).text();
    expect(metrics).toContain('sandpiper_webhooks_undelivered{state="failed"} 0\n');
    expect(metrics).toMatch(/^sandpiper_webhooks_undelivered\{state="disabled"\} [1-9]/m);
    expect(metrics).toMatch(/^sandpiper_webhooks_undelivered\{state="pending"\} [1-9]/m);
    expect(own[0]).toMatchObject({ id: ids[2], attempts: 1, last_status: 410 });
    expect(JSON.stringify(own)).not.toContain("http");
    const paged: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Deliveries = await listed(`?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`);
      paged.push(...page.deliveries.map(({ id }) => id));
      cursor = page.next;
    }
    expect(paged).toEqual((await listed()).deliveries.map(({ id }) => id));
    const only = await listed("?state=disabled&limit=200");
    expect(new Set(only.deliveries.map(({ state }) => state))).toEqual(new Set(["disabled"]));
    expect((await operate("/operator/webhooks?state=lost")).status).toBe(422);
    expect((await operate("/operator/webhooks?cursor=x")).status).toBe(422);
  });

  it("are sent again when the operator says so, until they have arrived", async () => {
    const receiver = new Receiver();
    await receiver.plan({ status: 410 }, { status: 204 });
    const id = await announced(receiver);
    const path = `/operator/webhooks/${id}/replay`;
    expect((await operate(path, {})).status).toBe(200);
    const [, second] = await receiver.attempts(2);
    expect(verified(second, secretOf("RECEIVER_SECRET"))).toMatchObject({ type: "job.failed" });
    await until("the arrival", async () => (await shown(id))?.state === "delivered");
    expect((await operate(path, {})).status).toBe(409);
    for (const unknown of [`msg_${"0".repeat(64)}`, "msg_x", "x"])
      expect((await operate(`/operator/webhooks/${unknown}/replay`, {})).status).toBe(404);
    moveClock(7 * 24 * 3_600_000);
    await runDurableObjectAlarm(deliveryStub(id));
    expect(await shown(id)).toBeNull();
  });

  it("have their row in the end though the database did not take it at first", async () => {
    const receiver = new Receiver();
    failDatabaseWrites(1);
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const id = await announced(receiver);
    await until("the failure", () => logged.mock.calls.length > 0);
    expect(await shown(id)).toBeNull();
    moveClock(10_000);
    await runDurableObjectAlarm(deliveryStub(id));
    expect(await shown(id)).toMatchObject({ state: "delivered", attempts: 1 });
    expect(await receiver.received()).toHaveLength(1);
  });
});

/** The next message is lost on its way, as if a consumer had died with it. */
const loseNextMessage = (): void => {
  failQueueSends(0).mockResolvedValueOnce({ metadata: { metrics: { backlogBytes: 0, backlogCount: 0 } } });
};

type Details = {
  state: string;
  reason: string | null;
  attempt: { executor: string; events: number } | null;
  effects: { failures_in_a_row: number };
  timeline: { what: string }[];
  webhooks: { state: string }[];
};
const inspect = async (ref: string): Promise<Details> =>
  (await operate<Details>(`/operator/jobs/${ref}`)).body;

describe("a run that the service failed", () => {
  it("is run again, and its receivers hear of the second end too", async () => {
    const client = new Client();
    const receiver = new Receiver();
    loseNextMessage();
    const id = await submitWith(client, endpoint(receiver.url));
    await (jobStub(id) as unknown as { giveUp(message: string): Promise<void> }).giveUp("nobody took it");
    expect(await client.status(id)).toMatchObject({ status: "failed" });
    await receiver.attempts(1);
    await evict(id);
    expect((await operate(`/operator/jobs/${refOf(id)}/redrive`, {})).status).toBe(200);
    await (await executor.of(id)).finish();
    expect(await client.status(id)).toMatchObject({ status: "completed", attempts: 1 });
    const received = await receiver.attempts(2);
    expect(received.map(({ body }) => JSON.parse(body).type)).toEqual(["job.failed", "job.succeeded"]);
    const details = await inspect(refOf(id));
    expect(details.timeline.map(({ what }) => what)).toEqual([
      "created",
      "failed: infrastructure",
      "redriven by the operator",
      "queued",
      expect.stringMatching(/^attempt 1 claimed by executor [0-9a-f]{12}$/),
      "running",
      "succeeded: exit",
    ]);
    expect(details.webhooks).toMatchObject([{ state: "delivered" }]);
    expect(JSON.stringify(details)).not.toContain(id);
    expect((await operate(`/operator/jobs/${refOf(id)}/redrive`, {})).status).toBe(409);
  });
});

describe("a job whose message was lost", () => {
  it("is sent on its way at once, and not while an attempt is under way", async () => {
    const client = new Client();
    loseNextMessage();
    const id = await client.submit();
    const path = `/operator/jobs/${refOf(id)}/redrive`;
    expect((await operate(path, {})).status).toBe(200);
    const attempt = await executor.of(id);
    expect((await inspect(refOf(id))).attempt).toMatchObject({ executor: expect.any(String) });
    expect((await operate(path, {})).status).toBe(409);
    await attempt.finish();
    expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("that is a typed job waits for a worker anew, but not with its result", async () => {
    const headers = { "x-api-key": await addKey() };
    const body = { image_url: "https://example.com/a.png" };
    const { job_id: id } = await (await call("/jobs", headers, body)).json<{ job_id: string }>();
    await call(`/jobs/${id}`, headers, { status: "error", errors: ["broken"] }, "PATCH");
    const path = `/operator/jobs/typed.${id}/redrive`;
    expect((await operate(path, {})).status).toBe(200);
    const job = await (await call(`/jobs/${id}`, headers)).json();
    expect(job).toMatchObject({ status: "queued", errors: ["broken"], completed_datetime: null });
    await call(`/jobs/${id}`, headers, { status: "cancelled" }, "PATCH");
    expect((await operate(path, {})).status).toBe(409);
  });
});

describe("the rows", () => {
  it("are written again from the objects where the database lost them", async () => {
    const headers = { "x-api-key": await addKey() };
    const client = new Client();
    const run = await client.submit();
    await (await executor.of(run)).finish();
    const workload = String((await dataOf(await call(TAX, headers, { security_type: "domestic" }))).job_id);
    const typed = await (await call("/jobs", headers, { image_url: "https://example.com/a.png" })).json<{
      job_id: string;
    }>();
    const typedRow = () =>
      testEnv.DB.prepare("SELECT * FROM typed_jobs WHERE job_id = ?1").bind(typed.job_id).first();
    await until("the run's row", async () => (await rowOf(run))?.state === "succeeded");
    const before = [await rowOf(run), await rowOf(workload), await typedRow()];
    await testEnv.DB.batch([
      testEnv.DB.prepare("DELETE FROM jobs"),
      testEnv.DB.prepare("DELETE FROM typed_jobs"),
    ]);
    const objects = [objectIdOf(run), objectIdOf(workload), objectIdOf("job-that-never-was")];
    expect((await operate("/operator/rebuild", { kind: "jobs", objects })).body).toEqual({
      rebuilt: 2,
      empty: 1,
      failed: 0,
    });
    const namespace = (testEnv as unknown as Record<string, DurableObjectNamespace>).TYPED_JOB_OBJECT;
    const typedId = String(namespace?.idFromName(`job/${typed.job_id}`));
    const typedBody = { kind: "typed_jobs", objects: [typedId] };
    expect((await operate("/operator/rebuild", typedBody)).body).toMatchObject({ rebuilt: 1 });
    expect([await rowOf(run), await rowOf(workload), await typedRow()]).toEqual(before);
    expect((await operate("/operator/rebuild", { kind: "jobs", objects: ["x"] })).status).toBe(422);
  });
});

describe("a purge", () => {
  it("leaves no file, and takes the row of a job with it whose object is gone", async () => {
    const owner = `owner-${crypto.randomUUID()}`;
    const headers = { "x-api-key": await addKey({ owner }) };
    const data = await dataOf(await call(TAX, headers, { security_type: "domestic" }));
    const id = String(data.job_id);
    await put(keyOf(String(data.url)), "x", "text/csv");
    const orphan = objectIdOf("job-of-nobody");
    await testEnv.DB.prepare(
      "INSERT INTO jobs (object_id, face, state, version, created_at_ms, updated_at_ms, owner) VALUES (?1, 'workloads', 'created', 1, 1, 1, ?2)",
    )
      .bind(orphan, owner)
      .run();
    expect((await bucketKeysOf()).some((key) => key.includes(objectIdOf(id)))).toBe(true);
    const purged = await operate("/operator/purge", { owner, dry_run: false });
    expect(purged.body).toMatchObject({ found: 2, removed: 2, failed: 0, more: false });
    expect(await traceOf(id)).toEqual(NO_TRACE);
    expect((await operate("/operator/purge", { owner })).body).toMatchObject({ found: 0 });
  });
});
