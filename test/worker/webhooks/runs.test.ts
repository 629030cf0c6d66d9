import { listDurableObjectIds, runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { depsFor } from "../../../src/deps.ts";
import { DELIVERY_RETENTION_MS } from "../../../src/domain/webhooks/delivery.ts";
import { runReport } from "../../../src/wire/run-answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { addKey, serviceWith } from "../support/keys.ts";
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
type Answer = { job_id: string; webhook_secret?: string; details?: { field: string; message: string }[] };

describe("a run's own webhook_url", () => {
  const call = serviceWith({});
  const submit = async (
    webhook_url: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<readonly [number, Answer]> => {
    const response = await call("/submit", headers, { code: "print('hello')\n", webhook_url });
    return [response.status, await response.json<Answer>()];
  };

  it("is told how the run ends, and how it ends when it is repeated, signed with the owner's secret", async () => {
    const key = { authorization: `Bearer ${await addKey()}`, "idempotency-key": "once" };
    const receiver = new Receiver();
    const [, first] = await submit(receiver.url, key);
    expect(first.webhook_secret).toMatch(/^whsec_/);
    expect(first.webhook_secret).not.toBe(secretOf("WEBHOOK_SECRET"));
    expect(await submit(receiver.url, key)).toEqual([200, first]);

    await (await executor.of(first.job_id)).finish();
    const [told] = await receiver.attempts(1);
    expect(verified(told, first.webhook_secret ?? "")).toMatchObject({
      type: "job.succeeded",
      data: { job_id: first.job_id, status: "completed" },
    });

    const { authorization } = key;
    const again = await call(`/runs/${first.job_id}/repeat`, { authorization }, undefined, "POST");
    const second = await again.json<Answer>();
    expect(second.webhook_secret).toBe(first.webhook_secret);
    await (await executor.of(second.job_id)).finish({ exitCode: 3 });
    const [, toldAgain] = await receiver.attempts(2);
    expect(verified(toldAgain, first.webhook_secret ?? "")).toMatchObject({
      type: "job.failed",
      data: { job_id: second.job_id },
    });
  });

  it("is refused without a key, with what to do instead, and where nothing may be sent to", async () => {
    const refused = async (url: unknown, headers: Readonly<Record<string, string>> = {}) => {
      const [status, { details }] = await submit(url, headers);
      expect([status, details?.[0]?.field]).toEqual([400, "webhook_url"]);
      return details?.[0]?.message;
    };
    expect(await refused("https://receiver.example/")).toContain("Prefer: wait=60");
    const key = { authorization: `Bearer ${await addKey()}` };
    for (const bad of ["http://receiver.example/", "https://10.0.0.1/", "not a url", 7, ["x"]])
      expect(await refused(bad, key)).toBeDefined();
  });
});

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
