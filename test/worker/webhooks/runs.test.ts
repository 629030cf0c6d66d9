import { listDurableObjectIds, runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { depsFor } from "../../../src/deps.ts";
import { DELIVERY_RETENTION_MS } from "../../../src/domain/webhooks/delivery.ts";
import { runReport } from "../../../src/wire/run-answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { evict, jobStub, NO_TRACE, objectIdOf, storedIn, traceOf } from "../support/objects.ts";
import { header, Receiver, verified } from "../support/webhook-receiver.ts";
import {
  afterAttempts,
  deliveriesOf,
  deliveryStub,
  endpoint,
  loseDeliveries,
  nextAttempt,
  rawEnv,
  secretOf,
  submitWith,
  webhookNamespace,
} from "../support/webhooks.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());
afterEach(() => {
  restoreClock();
  vi.restoreAllMocks();
});

type Job = { remove(): Promise<void>; catchUp(): Promise<unknown> };
const jobOf = (runId: string): Job => jobStub(runId) as unknown as Job;

describe("the end of a run", () => {
  it("is told to the deployer's endpoint, with the run as /status shows it", async () => {
    const client = new Client();
    const receiver = new Receiver();
    const id = await submitWith(client, endpoint(receiver.url));
    const attempt = await executor.of(id);
    expect(await client.status(id)).not.toHaveProperty("webhooks");
    await attempt.finish();

    const [first] = await receiver.attempts(1);
    const { webhooks, ...status } = await client.json<Record<string, unknown>>(`/status/${id}`);
    expect(verified(first, secretOf("RECEIVER_SECRET"))).toEqual({
      type: "job.succeeded",
      timestamp: status.finished_at,
      data: status,
    });
    expect(webhooks).toMatchObject([{ type: "job.succeeded", endpoint: "service" }]);
    const delivery = await afterAttempts(header(first, "webhook-id"), 1);
    expect(await deliveriesOf(client, id)).toEqual([delivery]);
    expect(runReport.parse(await client.status(id)).webhooks).toEqual([delivery]);
    expect(delivery).toMatchObject({ state: "delivered", attempts: 1, last_status: 204 });
  });

  it.each([
    ["job.failed", { exitCode: 3 }],
    ["job.failed", { reason: "timeout_wall", exitCode: null }],
    ["job.cancelled", { reason: "cancelled", exitCode: null }],
  ] as const)("is %s after %j", async (type, finished) => {
    const client = new Client();
    const receiver = new Receiver();
    const id = await submitWith(client, endpoint(receiver.url));
    await (await executor.of(id)).finish(finished);
    const [first] = await receiver.attempts(1);
    expect(verified(first, secretOf("RECEIVER_SECRET"))).toMatchObject({ type, data: { job_id: id } });
  });

  it("is told to every endpoint that asks for the event, and to no other", async () => {
    const client = new Client();
    const [every, failures, successes] = [new Receiver(), new Receiver(), new Receiver()];
    const id = await submitWith(
      client,
      endpoint(every.url, { secretName: "WEBHOOK_SECRET" }),
      endpoint(failures.url, { events: ["job.failed"] }),
      endpoint(successes.url, { events: ["job.succeeded"] }),
    );
    await (await executor.of(id)).finish({ exitCode: 1 });
    expect(verified((await every.attempts(1))[0], secretOf("WEBHOOK_SECRET"))).toMatchObject({
      type: "job.failed",
    });
    expect(verified((await failures.attempts(1))[0], secretOf("RECEIVER_SECRET"))).toBeTruthy();
    const deliveries = await deliveriesOf(client, id);
    expect(deliveries.map(({ type }) => type)).toEqual(["job.failed", "job.failed"]);
    expect(new Set(deliveries.map((one) => one.id)).size).toBe(2);
    expect(await successes.received()).toEqual([]);
  });

  it("changes the entity tag of /status with every attempt", async () => {
    const client = new Client();
    const receiver = new Receiver();
    await receiver.plan({ status: 500 }, { status: 200 });
    const id = await submitWith(client, endpoint(receiver.url));
    await (await executor.of(id)).finish();
    const webhookId = header((await receiver.attempts(1))[0], "webhook-id");
    await afterAttempts(webhookId, 1);
    const etag = (await client.fetch(`/status/${id}`)).headers.get("etag") ?? "";
    const ask = () => client.fetch(`/status/${id}`, { headers: { "if-none-match": etag } });
    expect((await ask()).status).toBe(304);
    expect(await nextAttempt(webhookId)).toMatchObject({ state: "delivered" });
    expect((await ask()).status).toBe(200);
  });

  it("is told once, though the run's object is woken, evicted and woken again", async () => {
    const client = new Client();
    const receiver = new Receiver();
    const id = await submitWith(client, endpoint(receiver.url));
    await (await executor.of(id)).finish();
    await receiver.attempts(1);
    await jobOf(id).catchUp();
    await evict(id);
    await jobOf(id).catchUp();
    const [delivery] = await deliveriesOf(client, id);
    await afterAttempts(delivery?.id ?? "", 1);
    expect(await receiver.received()).toHaveLength(1);
  });

  it("is not told again by a job that outlives its delivery", async () => {
    const client = new Client();
    const receiver = new Receiver();
    const id = await submitWith(client, endpoint(receiver.url));
    await (await executor.of(id)).finish();
    const webhookId = header((await receiver.attempts(1))[0], "webhook-id");
    await afterAttempts(webhookId, 1);
    await evict(id);
    moveClock(DELIVERY_RETENTION_MS + 60_000);
    await runDurableObjectAlarm(deliveryStub(webhookId));
    await jobOf(id).catchUp();
    expect(await traceOf(id)).toEqual(NO_TRACE);
    expect(await storedIn(deliveryStub(webhookId))).toBe(0);
    expect(await receiver.received()).toHaveLength(1);
  });

  it("is told later where the deliveries could not be reached at first", async () => {
    const client = new Client();
    const receiver = new Receiver();
    const id = await submitWith(client, endpoint(receiver.url));
    const attempt = await executor.of(id);
    loseDeliveries();
    await attempt.finish();
    vi.restoreAllMocks();
    expect(await receiver.received()).toEqual([]);
    expect(await client.status(id)).toMatchObject({ status: "completed" });
    await jobOf(id).catchUp();
    expect(await receiver.attempts(1)).toHaveLength(1);
  });
});

describe("a receiver that does not answer", () => {
  it("delays neither the run nor its answer, and gets its event after the run is gone", async () => {
    const client = new Client();
    const receiver = new Receiver();
    await receiver.plan({ does: "hang" }, { status: 200 });
    const id = await submitWith(client, endpoint(receiver.url));
    const attempt = await executor.of(id);
    await attempt.finish();
    expect(await client.status(id)).toMatchObject({
      status: "completed",
      webhooks: [{ state: "pending", last_status: null }],
    });
    const [hanging] = await receiver.attempts(1);
    const webhookId = header(hanging, "webhook-id");
    expect((await deliveriesOf(client, id))[0]).toMatchObject({ id: webhookId, last_error: "unanswered" });

    await jobOf(id).remove();
    expect(await traceOf(id)).toEqual(NO_TRACE);
    expect(await afterAttempts(webhookId, 1)).toMatchObject({ last_error: "timeout" });
    expect(await nextAttempt(webhookId)).toMatchObject({ state: "delivered" });
    const [, second] = await receiver.received();
    expect(verified(second, secretOf("RECEIVER_SECRET"))).toMatchObject({ data: { job_id: id } });
  });
});

describe("a service without endpoints", () => {
  it("makes no delivery, and its runs know of no webhooks", async () => {
    const client = new Client();
    const before = await listDurableObjectIds(webhookNamespace);
    const id = await client.submit();
    await (await executor.of(id)).finish();
    expect(await client.status(id)).not.toHaveProperty("webhooks");
    expect(await listDurableObjectIds(webhookNamespace)).toHaveLength(before.length);
  });
});

describe("a service whose endpoints cannot work", () => {
  it.each([
    [{ secretName: "NO_SUCH_SECRET" }, "webhookEndpoints[0]: the secret NO_SUCH_SECRET is missing"],
    [
      { secretName: "R2_SECRET_ACCESS_KEY" },
      "webhookEndpoints[0]: the secret R2_SECRET_ACCESS_KEY must be `whsec_`",
    ],
    [{ url: "https://169.254.169.254/" }, "webhookEndpoints[0]: the URL must not name a private"],
  ])("does not start with %j", (change, problem) => {
    const start = () => depsFor(rawEnv, [endpoint("https://example.com/hook", change)]);
    expect(start).toThrow(problem);
    expect(start).not.toThrow(secretOf("R2_SECRET_ACCESS_KEY"));
  });
});

describe("a URL of a client's own", () => {
  it("is signed for with a secret that the client has to itself", async () => {
    const { clientWebhooks, webhooks } = depsFor(rawEnv);
    const receiver = new Receiver();
    const mine = await clientWebhooks.subscribe(receiver.url, "client-1");
    const theirs = await clientWebhooks.subscribe(receiver.url, "client-2");
    const again = await clientWebhooks.subscribe("https://example.com/", "client-1");
    if (mine.kind !== "accepted" || theirs.kind !== "accepted" || again.kind !== "accepted") {
      throw new Error("refused");
    }
    expect(mine.secret).toMatch(/^whsec_/);
    expect(theirs.secret).not.toBe(mine.secret);
    expect(again.secret).toBe(mine.secret);
    const event = { objectId: objectIdOf("own"), type: "job.expired", atMs: Date.now(), data: {} } as const;
    await webhooks.announce([mine.subscription], event);
    const [first] = await receiver.attempts(1);
    expect(verified(first, mine.secret)).toMatchObject({ type: "job.expired" });
    expect(() => verified(first, theirs.secret)).toThrow();
    expect(JSON.stringify(mine.subscription)).not.toContain(mine.secret);
  });

  it("is refused where it may not lead, and everywhere without WEBHOOK_SECRET", async () => {
    const { clientWebhooks } = depsFor(rawEnv);
    expect(await clientWebhooks.subscribe("https://10.0.0.1/", "client-1")).toMatchObject({
      kind: "refused",
    });
    const without = depsFor({ ...rawEnv, WEBHOOK_SECRET: "" }).clientWebhooks;
    expect(await without.subscribe("https://example.com/", "client-1")).toMatchObject({ kind: "refused" });
    expect(() => depsFor({ ...rawEnv, WEBHOOK_SECRET: "too-simple" })).toThrow(
      "secret WEBHOOK_SECRET must be",
    );
  });
});
