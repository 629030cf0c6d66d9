import { describe, expect, it } from "vitest";
import {
  afterAttempt,
  DELIVERY_RETENTION_MS,
  type Delivery,
  newDelivery,
  type SendOutcome,
  viewOf,
  wakeAtMs,
} from "../../../src/domain/webhooks/delivery.ts";
import { eventOf, webhookBody } from "../../../src/domain/webhooks/event.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const HOUR = 3_600_000;
const aDelivery = newDelivery(
  {
    type: "job.failed",
    url: "https://example.com/hook?token=hidden",
    signer: { kind: "service", secretName: "HOOK_SECRET" },
  },
  NOW,
);
const answered = (status: number, retryAfter: string | null = null): SendOutcome => ({
  kind: "answered",
  status,
  retryAfter,
});
const tried = (outcome: SendOutcome, delivery: Delivery = aDelivery, now = NOW): Delivery =>
  afterAttempt(delivery, outcome, 0.5, now);

describe("a delivery", () => {
  it("is due at once when it is new", () => {
    expect(aDelivery).toMatchObject({ state: "pending", attempts: 0, nextAttemptAtMs: NOW });
    expect(wakeAtMs(aDelivery)).toBe(NOW);
  });

  it.each([200, 201, 202, 204, 299])("is delivered with a %i", (status) => {
    expect(tried(answered(status))).toMatchObject({
      state: "delivered",
      attempts: 1,
      lastStatus: status,
      lastError: null,
      nextAttemptAtMs: null,
    });
  });

  it.each([
    [answered(500), 500, "status"],
    [answered(404), 404, "status"],
    [answered(199), 199, "status"],
    [answered(301), 301, "redirect"],
    [answered(307), 307, "redirect"],
    [{ kind: "failed", error: "timeout" } as const, null, "timeout"],
    [{ kind: "failed", error: "unreachable" } as const, null, "unreachable"],
    [{ kind: "failed", error: "no_secret" } as const, null, "no_secret"],
  ])("is tried again 5 s after %j", (outcome, lastStatus, lastError) => {
    expect(tried(outcome)).toMatchObject({
      state: "pending",
      attempts: 1,
      lastStatus,
      lastError,
      nextAttemptAtMs: NOW + 5_000,
    });
  });

  it("is given up where the receiver is gone", () => {
    expect(tried(answered(410))).toMatchObject({ state: "disabled", lastStatus: 410, nextAttemptAtMs: null });
  });

  it.each([429, 503, 500])("comes no sooner than a %i asks", (status) => {
    expect(tried(answered(status, "600")).nextAttemptAtMs).toBe(NOW + 600_000);
  });

  it("fails after ten attempts, and is over within days whatever the receiver asks", () => {
    const instants: number[] = [];
    let delivery: Delivery = aDelivery;
    while (delivery.nextAttemptAtMs !== null && instants.length < 100) {
      instants.push(delivery.nextAttemptAtMs);
      delivery = tried(answered(503, "999999999"), delivery, delivery.nextAttemptAtMs);
    }
    expect(instants).toHaveLength(10);
    expect((instants.at(-1) ?? 0) - NOW).toBe(9 * 24 * HOUR);
    expect(delivery).toMatchObject({ state: "failed", attempts: 10, lastStatus: 503 });
  });

  it("is deleted a week after its last attempt", () => {
    const later = NOW + HOUR;
    expect(wakeAtMs(tried(answered(200), aDelivery, later))).toBe(later + DELIVERY_RETENTION_MS);
  });

  it("shows how far it is, and neither its URL nor its secret's name", () => {
    const view = viewOf("msg_1", tried(answered(500)));
    expect(view).toEqual({
      id: "msg_1",
      type: "job.failed",
      endpoint: "service",
      state: "pending",
      attempts: 1,
      last_status: 500,
      last_error: "status",
      next_attempt_at: "2026-11-22T12:00:05.000Z",
    });
  });
});

describe("an event", () => {
  it("is named after the state that a job ended in", () => {
    expect(["succeeded", "failed", "cancelled", "expired"].map((state) => eventOf(state as never))).toEqual([
      "job.succeeded",
      "job.failed",
      "job.cancelled",
      "job.expired",
    ]);
    expect(["created", "queued", "running"].map((state) => eventOf(state as never))).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("has its type, its time and the job as its body", () => {
    expect(JSON.parse(webhookBody("job.succeeded", NOW, { job_id: "1" }))).toEqual({
      type: "job.succeeded",
      timestamp: "2026-11-22T12:00:00.000Z",
      data: { job_id: "1" },
    });
  });
});
