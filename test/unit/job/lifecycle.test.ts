import { describe, expect, it } from "vitest";
import { finishAttempt, loseAttempt, startAttempt } from "../../../src/domain/job/attempts.ts";
import { alarmToSet, deadlinesOf, nextDeadline, retryAtMs } from "../../../src/domain/job/deadlines.ts";
import { cancel, isToBeDispatched, tick } from "../../../src/domain/job/lifecycle.ts";
import type { JobRecord } from "../../../src/domain/job/record.ts";
import { HEARTBEAT_MS, LEASE_MS } from "../../../src/wire/limits.ts";
import { aFinishedEvent, aQueuedJob, NOW } from "./fixtures.ts";

const holder = { instance: "e".repeat(32), key: `${"A".repeat(43)}=` };
const secrets = { id: `${"b".repeat(64)}.${"c".repeat(32)}`, tokenHash: "d".repeat(64), holder };
const started = (record: JobRecord = aQueuedJob(), now = NOW): JobRecord =>
  startAttempt(record, secrets, 1, now);

const finished = (record: JobRecord, change: Parameters<typeof aFinishedEvent>[0]): JobRecord => {
  if (record.attempt === null) throw new Error("the record has no attempt");
  return finishAttempt(record, record.attempt, aFinishedEvent(change), false, NOW + 50);
};

describe("an attempt", () => {
  it("runs the job under a lease and an own deadline", () => {
    const record = started();
    expect(record).toMatchObject({ state: "running", attemptsMade: 1, version: 2, startedAtMs: NOW });
    expect(record.attempt?.leaseUntilMs).toBe(NOW + LEASE_MS);
  });

  it("that was ended in order does not count, but has a number of its own", () => {
    let record = aQueuedJob();
    for (const made of [1, 2, 3, 4, 5]) {
      record = finished(started(record), { reason: "infrastructure", executorStopped: true });
      expect(record).toMatchObject({ state: "queued", attemptsMade: made, attemptsLost: 0 });
    }
  });

  it("whose lease ran out is made again, three times in all", () => {
    let record = aQueuedJob();
    for (const made of [1, 2]) {
      record = tick(started(record), NOW + LEASE_MS);
      expect(record).toMatchObject({ state: "queued", attemptsMade: made });
    }
    record = tick(started(record), NOW + LEASE_MS);
    expect(record.state).toBe("failed");
    expect(record.result).toMatchObject({ reason: "infrastructure", exitCode: null, cpuSeconds: 0 });
  });

  it("with a live lease is left alone by time, until its own deadline", () => {
    const record = started();
    expect(tick(record, NOW + LEASE_MS - 1)).toBe(record);
    const kept: JobRecord = {
      ...record,
      attempt: record.attempt && { ...record.attempt, leaseUntilMs: record.attempt.deadlineMs + 60_000 },
    };
    expect(tick(kept, kept.attempt?.deadlineMs ?? 0).state).toBe("queued");
  });

  it("that blames the infrastructure is queued again for the dispatch queue to hear", () => {
    const before = started();
    const after = finished(before, { reason: "infrastructure", exitCode: null });
    expect(after.state).toBe("queued");
    expect(isToBeDispatched(before, after)).toBe(true);
  });
});

describe("a verdict", () => {
  it.each([
    ["exit", 0, "succeeded"],
    ["exit", 3, "failed"],
    ["timeout_wall", null, "failed"],
    ["timeout_cpu", null, "failed"],
    ["memory", 137, "failed"],
    ["output_limit", null, "failed"],
    ["signal", 139, "failed"],
    ["cancelled", null, "cancelled"],
  ] as const)("of %s with exit code %s makes the job %s", (reason, exitCode, state) => {
    expect(finished(started(), { reason, exitCode }).state).toBe(state);
  });

  it("drops the inputs, which nobody will read again", () => {
    expect(finished(started(), {}).task).toMatchObject({
      inputs: { kind: "inline", bytes: new Uint8Array(0) },
    });
  });
});

describe("cancelling", () => {
  it("ends a queued job at once and is idempotent", () => {
    const once = cancel(aQueuedJob(), NOW);
    expect(once).toMatchObject({ state: "cancelled", result: { reason: "cancelled" } });
    expect(cancel(once, NOW)).toBe(once);
  });

  it("marks a running job, which a lost lease then ends as cancelled", () => {
    const marked = cancel(started(), NOW);
    expect(marked).toMatchObject({ state: "running", cancelRequested: true });
    expect(cancel(marked, NOW)).toBe(marked);
    expect(loseAttempt(marked, "gone", NOW)).toMatchObject({ state: "cancelled" });
  });

  it("does not wait for the whole lease of an executor that never got the attempt", () => {
    const marked = cancel(started(), NOW);
    expect(tick(marked, NOW + HEARTBEAT_MS - 1).state).toBe("running");
    expect(tick(marked, NOW + HEARTBEAT_MS)).toMatchObject({
      state: "cancelled",
      result: { reason: "cancelled" },
    });
  });

  it("leaves a job that has ended as it is", () => {
    const done = finished(started(), {});
    expect(cancel(done, NOW)).toBe(done);
  });
});

describe("deadlines", () => {
  it("exist in every state that is not terminal, and end in deletion", () => {
    expect(Object.keys(deadlinesOf(aQueuedJob(), NOW))).toEqual(["queueDeadlineMs", "askAtMs"]);
    expect(Object.keys(deadlinesOf(started(), NOW))).toEqual(["leaseUntilMs", "attemptDeadlineMs"]);
    expect(deadlinesOf(finished(started(), {}), NOW)).toEqual({ deleteAtMs: NOW + 50 + 3_600_000 });
  });

  it("fail a job that waited in the queue too long", () => {
    const record = aQueuedJob();
    expect(tick(record, record.queueDeadlineMs)).toMatchObject({
      state: "failed",
      result: { reason: "infrastructure" },
    });
  });

  it("set one alarm, at the earliest", () => {
    expect(nextDeadline({ a: 5, b: 3 })).toBe(3);
    expect(nextDeadline({})).toBeNull();
  });

  it("are never passed by what is tried again, unless they have passed themselves", () => {
    const { attempt } = started();
    const leaseUntilMs = attempt?.leaseUntilMs ?? 0;
    expect(retryAtMs(started(), NOW, 5_000)).toBe(NOW + 5_000);
    expect(retryAtMs(started(), NOW, 600_000)).toBe(leaseUntilMs);
    expect(retryAtMs(started(), leaseUntilMs, 5_000)).toBe(leaseUntilMs + 5_000);
  });

  it("move an alarm only where it would come too late or far too early", () => {
    expect(alarmToSet(null, 1_000)).toBe(1_000);
    expect(alarmToSet(2_000, 1_000)).toBe(1_000);
    expect(alarmToSet(1_000, 16_000)).toBeNull();
    expect(alarmToSet(1_000, 3_600_000)).toBe(3_600_000);
  });
});
