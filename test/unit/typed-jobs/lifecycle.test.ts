import { describe, expect, it } from "vitest";
import type { TypedJob } from "../../../src/domain/typed-jobs/job.ts";
import * as lifecycle from "../../../src/domain/typed-jobs/lifecycle.ts";
import { queueMessage } from "../../../src/domain/typed-jobs/message.ts";
import { readPage } from "../../../src/domain/typed-jobs/page.ts";
import { fittingRowOf, jobOfRow, rowOf, type TypedJobRow } from "../../../src/domain/typed-jobs/row.ts";
import { readJob } from "../../../src/domain/typed-jobs/view.ts";
import { jobMessage } from "../../../src/wire/typed-jobs.ts";

const NOW = 1_700_000_000_000;
const fresh = (change: Partial<TypedJob> = {}): TypedJob => ({
  ...lifecycle.newTypedJob(
    {
      owner: null,
      id: "0b7d4a3e-0000-4000-8000-00000000000f",
      settings: null,
      requestPayload: '{"a":1}',
      queue: "Q",
      retentionMs: 5,
      webhooks: [],
    },
    NOW,
  ),
  ...change,
});
const patch = { status: null, errors: null, warnings: null, fillsNulls: false, leaseMs: null };

describe("a typed job", () => {
  it("is pending until the queue has it, and queued at once where there is none", () => {
    expect(fresh()).toMatchObject({ status: "pending", queueDue: "Q", version: 1, expiresAtMs: NOW + 5 });
    expect(lifecycle.sent(fresh(), NOW + 1)).toMatchObject({ status: "queued", queueDue: null, version: 2 });
    const job = {
      id: "x",
      owner: null,
      settings: null,
      requestPayload: "{}",
      queue: null,
      retentionMs: null,
      webhooks: [],
    };
    expect(lifecycle.newTypedJob(job, NOW)).toMatchObject({ status: "queued", expiresAtMs: null });
  });

  it("keeps what a fast worker wrote, whatever becomes of the send", () => {
    const done = lifecycle.complete(fresh(), { payload: "{}", warnings: ["w"] }, NOW + 1);
    for (const settle of [lifecycle.sent, lifecycle.sendFailed])
      expect(settle(done, NOW + 2)).toMatchObject({
        status: "completed",
        responsePayload: "{}",
        queueDue: null,
      });
    expect(lifecycle.hookFailed(done, "ERROR - x", NOW + 2)).toMatchObject({
      status: "completed",
      errors: ["ERROR - x"],
    });
  });

  it("keeps its completion time while it stays completed, and gets a new one by a new result", () => {
    const done = lifecycle.complete(fresh(), { payload: "{}", warnings: null }, NOW + 1);
    expect(lifecycle.patch(done, { ...patch, status: "completed" }, NOW + 9).completedAtMs).toBe(NOW + 1);
    expect(lifecycle.complete(done, { payload: "[]", warnings: null }, NOW + 9).completedAtMs).toBe(NOW + 9);
    expect(lifecycle.patch(done, { ...patch, status: "error" }, NOW + 9).completedAtMs).toBe(NOW + 9);
  });

  it("never goes back in time, though a clock may", () => {
    const warned = { ...patch, warnings: ["w"] };
    expect(lifecycle.patch(fresh({ updatedAtMs: NOW + 50 }), warned, NOW).updatedAtMs).toBe(NOW + 50);
  });

  it("leaves null lists alone unless it is the route that patches", () => {
    expect(lifecycle.patch(fresh(), { ...patch, warnings: ["w"] }, NOW)).toMatchObject({
      errors: null,
      warnings: ["w"],
    });
    expect(lifecycle.patch(fresh(), { ...patch, status: "queued", fillsNulls: true }, NOW)).toMatchObject({
      errors: [],
      warnings: [],
    });
  });

  it("has a message without what belongs to the service, which its reader takes as text and as an object", () => {
    const text = queueMessage(fresh());
    expect(text).not.toMatch(/status|expire|ttl|version/);
    expect(jobMessage.parse(text)).toEqual(jobMessage.parse(JSON.parse(text)));
    expect(jobMessage.safeParse("no").success).toBe(false);
  });
});

describe("a row", () => {
  it("gives the job back, compressed or not", () => {
    const random = () =>
      JSON.stringify({
        a: Array.from({ length: 40_000 }, () => Math.random().toString(36))
          .join("")
          .slice(0, 400_000),
      });
    const small = fresh({ errors: ["e\u2028é"], responsePayload: '{"b":[]}' });
    const large = fresh({
      requestPayload: random().repeat(1),
      responsePayload: JSON.stringify({ a: "é".repeat(500_000) }),
    });
    for (const job of [small, large]) {
      const {
        id,
        status,
        registeredAtMs,
        updatedAtMs,
        completedAtMs,
        errors,
        warnings,
        settings,
        requestPayload,
        responsePayload,
      } = readJob(job);
      const shown = {
        id,
        status,
        registeredAtMs,
        updatedAtMs,
        completedAtMs,
        errors,
        warnings,
        settings,
        requestPayload,
        responsePayload,
      };
      expect(jobOfRow(rowOf(job))).toEqual({ job: shown, isWhole: true });
    }
    expect(typeof rowOf(large).view).toBe("string");
    const larger = fresh({
      requestPayload: JSON.stringify("é".repeat(524_000)),
      responsePayload: JSON.stringify("x".repeat(1_048_000)),
    });
    expect(rowOf(larger).view).toBeInstanceOf(Uint8Array);
    expect(jobOfRow(rowOf(larger))).toMatchObject({
      isWhole: true,
      job: { requestPayload: "é".repeat(524_000) },
    });
  });

  it("has room for 256 KiB of notes and no more", () => {
    expect(fittingRowOf(fresh({ errors: ["x".repeat(262_000)] }))).not.toBeNull();
    expect(fittingRowOf(fresh({ errors: ["x".repeat(262_000)], warnings: ["x".repeat(200)] }))).toBeNull();
  });
});

describe("a page", () => {
  const rows = Array.from({ length: 120 }, (_, i) => ({ ...rowOf(fresh()), registeredAtMs: 1_000 - i }));
  const reading =
    (all: readonly TypedJobRow[], reads: number[] = []) =>
    async (after: { registeredAtMs: number } | null, count: number) => {
      const found = all
        .filter((row) => after === null || row.registeredAtMs < after.registeredAtMs)
        .slice(0, count);
      reads.push(found.length);
      return found;
    };

  /** Every view came with its row. */
  const inPlace = async () => [];

  it("reads one row beyond its limit, and no row twice", async () => {
    const reads: number[] = [];
    const page = await readPage(reading(rows, reads), inPlace, null, 50);
    expect([page.rows.length, page.next?.registeredAtMs]).toEqual([50, 951]);
    expect(reads.reduce((sum, count) => sum + count)).toBe(51);
    expect((await readPage(reading(rows), inPlace, null, 119)).next).not.toBeNull();
    expect((await readPage(reading(rows), inPlace, null, 120)).next).toBeNull();
  });

  it("ends where it would grow too large, and has a next one", async () => {
    const large = rows.map((row) => ({ ...row, view: "x".repeat(1_000_000), viewBytes: 1_000_000 }));
    const page = await readPage(reading(large), inPlace, null, 50);
    expect(page.rows.length).toBeLessThan(17);
    expect(page.next?.registeredAtMs).toBe(page.rows.at(-1)?.registeredAtMs);
  });
});
