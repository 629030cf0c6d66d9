import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { durableWebhooks } from "../../../src/adapters/webhooks.ts";
import type { JobEnded } from "../../../src/domain/ports/webhooks.ts";
import type { Subscription } from "../../../src/domain/webhooks/endpoint.ts";
import { WEBHOOK_EVENTS } from "../../../src/domain/webhooks/event.ts";
import { RETRY_DELAYS_MS } from "../../../src/domain/webhooks/schedule.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { storedIn } from "../support/objects.ts";
import { header, Receiver, verified } from "../support/webhook-receiver.ts";
import { afterAttempts, deliveryStub, nextAttempt, secretOf, webhookNamespace } from "../support/webhooks.ts";

const HOUR = 3_600_000;
const webhooks = durableWebhooks(webhookNamespace);

afterEach(restoreClock);

const subscriptionTo = (url: string, change: Partial<Subscription> = {}): Subscription => ({
  url,
  signer: { kind: "service", secretName: "RECEIVER_SECRET" },
  events: WEBHOOK_EVENTS,
  ...change,
});

const anEvent = (data: unknown = { job_id: "1" }): JobEnded => ({
  objectId: crypto.randomUUID(),
  type: "job.succeeded",
  atMs: Date.now(),
  data,
});

/** Announces an event and answers its `webhook-id`. */
const announce = async (subscription: Subscription, event = anEvent()): Promise<string> => {
  await webhooks.announce([subscription], event);
  const [delivery] = await webhooks.deliveriesOf([subscription], event.objectId, event.type);
  if (delivery === undefined) throw new Error("there is no delivery");
  return delivery.id;
};

const waitOf = (nextAttemptAt: string | null): number => Date.parse(nextAttemptAt ?? "") - Date.now();

describe("a receiver that is there", () => {
  it("gets the event once, signed as Standard Webhooks has it and as the seed's service does", async () => {
    const receiver = new Receiver();
    const id = await announce(subscriptionTo(receiver.url), anEvent({ name: "Ünïcode ✓" }));
    expect(await afterAttempts(id, 1)).toMatchObject({
      state: "delivered",
      attempts: 1,
      last_status: 204,
      last_error: null,
      next_attempt_at: null,
    });
    const [first] = await receiver.received();
    const secret = secretOf("RECEIVER_SECRET");
    expect(verified(first, secret)).toMatchObject({ type: "job.succeeded", data: { name: "Ünïcode ✓" } });
    expect(first).toMatchObject({ method: "POST" });
    expect(header(first, "content-type")).toBe("application/json");
    expect(header(first, "webhook-id")).toBe(id);
    const text = new TextEncoder();
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", text.encode(secret), algorithm, false, ["verify"]);
    const signature = Uint8Array.from(atob(header(first, "x-sandbox-signature")), (c) => c.charCodeAt(0));
    const isSigned = await crypto.subtle.verify("HMAC", key, signature, text.encode(first?.body));
    expect(isSigned).toBe(true);
  });

  it("finds no signature of anyone else's", async () => {
    const receiver = new Receiver();
    await announce(subscriptionTo(receiver.url));
    const [first] = await receiver.attempts(1);
    expect(() => verified(first, secretOf("WEBHOOK_SECRET"))).toThrow();
    const changed = first === undefined ? undefined : { ...first, body: `${first.body} ` };
    expect(() => verified(changed, secretOf("RECEIVER_SECRET"))).toThrow();
  });

  it("gets an event that is announced again, at once or later, a single time", async () => {
    const receiver = new Receiver();
    const event = anEvent();
    const subscription = subscriptionTo(receiver.url);
    const twice = webhooks.announce([subscription, subscription], event);
    await Promise.all([twice, webhooks.announce([subscription], event)]);
    const id = await announce(subscription, event);
    await afterAttempts(id, 1);
    await webhooks.announce([subscription], { ...event, data: { job_id: "another" } });
    await runDurableObjectAlarm(deliveryStub(id));
    expect(await receiver.received()).toHaveLength(1);
  });

  it("gets a body of several megabytes whole, and it is forgotten once it is there", async () => {
    const receiver = new Receiver();
    const data = { text: "✓ü".repeat(700_000) };
    const id = await announce(subscriptionTo(receiver.url), anEvent(data));
    const [first] = await receiver.attempts(1);
    expect(verified(first, secretOf("RECEIVER_SECRET"))).toMatchObject({ data });
    await afterAttempts(id, 1);
    // The delivery and its alarm; the note that its row is due goes with the row.
    await until("the body to be gone", async () => (await storedIn(deliveryStub(id))) === 2);
  });
});

describe("a receiver that is not", () => {
  it("is tried on the published schedule, with the same id, and then no more", async () => {
    const receiver = new Receiver();
    await receiver.plan({ status: 500 });
    const id = await announce(subscriptionTo(receiver.url));
    const waits: number[] = [];
    let delivery = await afterAttempts(id, 1);
    while (delivery.state === "pending" && waits.length < 20) {
      expect(delivery).toMatchObject({ last_status: 500, last_error: "status" });
      waits.push(waitOf(delivery.next_attempt_at));
      delivery = await nextAttempt(id);
    }
    expect(delivery).toMatchObject({ state: "failed", attempts: 10, next_attempt_at: null });
    expect(waits).toHaveLength(RETRY_DELAYS_MS.length);
    for (const [index, delayMs] of RETRY_DELAYS_MS.entries()) {
      // The first waits are computed with a clock that runs.
      expect(waits[index]).toBeGreaterThan(delayMs * 0.9 - 4_000);
      expect(waits[index]).toBeLessThanOrEqual(delayMs * 1.1);
    }
    const received = await receiver.received();
    expect(received).toHaveLength(10);
    expect(new Set(received.map((one) => header(one, "webhook-id")))).toEqual(new Set([id]));
    expect(new Set(received.map((one) => one.body)).size).toBe(1);
    // Each attempt has its own timestamp and signature: one that is days old would not be taken.
    expect(new Set(received.map((one) => header(one, "webhook-signature"))).size).toBe(10);
    expect(verified(received.at(-1), secretOf("RECEIVER_SECRET"))).toMatchObject({ type: "job.succeeded" });
  });

  it("gets its event when it is back after a day, though the delivery's object was evicted meanwhile", async () => {
    const receiver = new Receiver();
    await receiver.plan({ does: "reset" }, { status: 502 });
    const id = await announce(subscriptionTo(receiver.url));
    const announcedAtMs = Date.now();
    let delivery = await afterAttempts(id, 1);
    expect(delivery).toMatchObject({ state: "pending", last_status: null, last_error: "unreachable" });
    for (let count = 0; count < 10 && Date.now() - announcedAtMs < 24 * HOUR; count++) {
      await evictDurableObject(deliveryStub(id));
      delivery = await nextAttempt(id);
      expect(delivery).toMatchObject({ state: "pending", last_status: 502 });
    }
    await receiver.plan({ status: 200 });
    expect(await nextAttempt(id)).toMatchObject({ state: "delivered", last_status: 200, last_error: null });
    const received = await receiver.received();
    expect(verified(received.at(-1), secretOf("RECEIVER_SECRET"))).toMatchObject({ data: { job_id: "1" } });
  });

  it("is not waited for longer than the timeout", async () => {
    const receiver = new Receiver();
    await receiver.plan({ does: "hang" }, { status: 200 });
    const id = await announce(subscriptionTo(receiver.url));
    expect(await afterAttempts(id, 1)).toMatchObject({ state: "pending", last_error: "timeout" });
    expect(await nextAttempt(id)).toMatchObject({ state: "delivered", attempts: 2 });
  });

  it("keeps its place in the schedule when the delivery's object dies during an attempt", async () => {
    const receiver = new Receiver();
    await receiver.plan({ does: "hang" }, { status: 200 });
    const id = await announce(subscriptionTo(receiver.url));
    await receiver.attempts(1);
    const stub = deliveryStub(id);
    await expect(runInDurableObject(stub, (_instance, state) => state.abort())).rejects.toThrow();
    expect(await nextAttempt(id)).toMatchObject({ state: "delivered", attempts: 2 });
  });

  it("is left alone once it has said that it is gone", async () => {
    const receiver = new Receiver();
    await receiver.plan({ status: 410 }, { status: 200 });
    const id = await announce(subscriptionTo(receiver.url));
    expect(await afterAttempts(id, 1)).toMatchObject({
      state: "disabled",
      last_status: 410,
      next_attempt_at: null,
    });
    moveClock(2 * HOUR);
    await runDurableObjectAlarm(deliveryStub(id));
    expect(await receiver.received()).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])("leads nowhere else with a %i", async (status) => {
    const [receiver, other] = [new Receiver(), new Receiver()];
    await receiver.plan({ status, headers: { location: other.url } });
    const id = await announce(subscriptionTo(receiver.url));
    expect(await afterAttempts(id, 1)).toMatchObject({
      state: "pending",
      last_status: status,
      last_error: "redirect",
    });
    expect(await other.received()).toEqual([]);
  });

  it("may ask for more time, in seconds or with a date", async () => {
    const receiver = new Receiver();
    const date = new Date(Date.now() + 4 * HOUR).toUTCString();
    await receiver.plan(
      { status: 429, headers: { "retry-after": "3600" } },
      { status: 503, headers: { "retry-after": date } },
      { status: 204 },
    );
    const id = await announce(subscriptionTo(receiver.url));
    const first = await afterAttempts(id, 1);
    expect(first).toMatchObject({ state: "pending", last_status: 429 });
    expect(waitOf(first.next_attempt_at)).toBeGreaterThan(HOUR - 10_000);
    const second = await nextAttempt(id);
    expect(Date.parse(second.next_attempt_at ?? "")).toBeGreaterThanOrEqual(Date.parse(date));
    expect(await nextAttempt(id)).toMatchObject({ state: "delivered", attempts: 3 });
  });
});

describe("a delivery", () => {
  it("is not sent before it is due, when its alarm comes early", async () => {
    const receiver = new Receiver();
    await receiver.plan({ status: 500 });
    const id = await announce(subscriptionTo(receiver.url));
    await afterAttempts(id, 1);
    moveClock(1_000);
    await runDurableObjectAlarm(deliveryStub(id));
    expect(await receiver.received()).toHaveLength(1);
  });

  it("waits for a secret that is not there yet, and sends nothing unsigned", async () => {
    const receiver = new Receiver();
    const signer = { kind: "service", secretName: "SECRET_THAT_IS_MISSING" } as const;
    const id = await announce(subscriptionTo(receiver.url, { signer }));
    expect(await afterAttempts(id, 1)).toMatchObject({ state: "pending", last_error: "no_secret" });
    expect(await receiver.received()).toEqual([]);
  });

  it("leaves nothing behind a week after its last attempt", async () => {
    const receiver = new Receiver();
    const id = await announce(subscriptionTo(receiver.url));
    await afterAttempts(id, 1);
    moveClock(7 * 24 * HOUR - 60_000);
    await runDurableObjectAlarm(deliveryStub(id));
    // The delivery and its alarm; the note that its row is due goes with the row.
    await until("the body to be gone", async () => (await storedIn(deliveryStub(id))) === 2);
    moveClock(120_000);
    await runDurableObjectAlarm(deliveryStub(id));
    expect(await storedIn(deliveryStub(id))).toBe(0);
  });
});
