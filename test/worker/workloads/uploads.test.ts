import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bucketKeys } from "../../../src/domain/keys.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { failBucketDeletes } from "../support/faults.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { alarmOf, bucketKeysOf, evict, jobStub, objectIdOf, recordOf } from "../support/objects.ts";
import {
  bucketEvent,
  CHECKSUM,
  CSV,
  create,
  dataOf,
  ended,
  expectWorkloadError,
  notify,
  put,
  read,
  TAX,
} from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const client = new Client();
const DAY_MS = 86_400_000;
const filesOf = (id: string) => bucketKeysOf(bucketKeys.prefix(objectIdOf(id)));

describe("an upload", () => {
  it("over its maximum fails the job with the reason, and is deleted", async () => {
    const { id, keys } = await create(client, CHECKSUM, {});
    await put(keys.get("file"), "x", "text/plain");
    await put(keys.get("expected"), new Uint8Array(1_048_577), "text/plain");
    expect(await read(client, CHECKSUM, id)).toMatchObject({
      status: "failed",
      error: {
        reason: "bad_input",
        message: "expected has 1048577 bytes; at most 1048576 are allowed",
      },
    });
    expect(await filesOf(id)).toEqual([]);
  });

  it("that cannot be used is deleted by the alarm, should the bucket not answer at first", async () => {
    const { id, keys } = await create(client, CHECKSUM, {});
    await put(keys.get("file"), "x", "text/plain");
    await put(keys.get("expected"), new Uint8Array(1_048_577), "text/plain");
    failBucketDeletes(2);
    expect(await read(client, CHECKSUM, id)).toMatchObject({ status: "failed" });
    expect(await filesOf(id)).toHaveLength(2);
    for (const [afterMs, left] of [
      [10_000, 2],
      [20_000, 0],
    ] as const) {
      moveClock(afterMs);
      await evict(id);
      expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
      expect(await filesOf(id)).toHaveLength(left);
    }
  });

  it("of a type that is not allowed fails the job with the reason, and is deleted", async () => {
    const { id, keys } = await create(client);
    await put(keys.get("trades.csv"), CSV, "Application/PDF; version=2");
    const data = await dataOf(await client.post(`${TAX}/${id}/complete`, {}));
    expect(data).toMatchObject({ status: "failed", error: { reason: "bad_input" } });
    expect(JSON.stringify(data.error)).toContain("application/pdf");
    expect(await filesOf(id)).toEqual([]);
  });

  it("of an allowed type with parameters in capitals is taken", async () => {
    const { id, keys } = await create(client);
    await put(keys.get("trades.csv"), CSV, "Text/CSV; charset=UTF-8");
    await read(client, TAX, id);
    await (await executor.of(id)).finish();
  });

  it("that is repeated before processing starts replaces the part", async () => {
    const { id, keys } = await create(client);
    await put(keys.get("trades.csv"), "first");
    const second = await put(keys.get("trades.csv"), CSV);
    await read(client, TAX, id);
    const attempt = await executor.of(id);
    expect(attempt.request.inputs[1]).toMatchObject({
      kind: "file",
      path: "inputs/trades.csv",
      blob: { kind: "url", sizeBytes: CSV.length, etag: second.etag },
    });
    await attempt.finish();
  });

  it("that is repeated after processing started changes nothing of the job", async () => {
    const { id, keys } = await create(client);
    const first = await put(keys.get("trades.csv"), CSV);
    await read(client, TAX, id);
    const attempt = await executor.of(id);
    await put(keys.get("trades.csv"), "another content", "application/pdf");
    await notify(bucketEvent(keys.get("trades.csv") ?? ""));
    expect(await read(client, TAX, id)).toMatchObject({ status: "in_progress" });
    expect(await recordOf(id)).toMatchObject({ task: { files: [{ etag: first.etag }] } });
    await attempt.finish();
    expect(await read(client, TAX, id)).toMatchObject({ status: "succeeded" });
  });

  it("of an optional part goes along with the required one", async () => {
    const { id, keys } = await create(client, CHECKSUM, {});
    await put(keys.get("expected"), "f".repeat(64), "text/plain");
    await put(keys.get("file"), "x", "text/plain");
    expect(await ended(client, CHECKSUM, id)).toMatchObject({
      status: "failed",
      log_tail: expect.stringContaining(`not ${"f".repeat(64)}`),
    });
  });

  it("that never comes lets the job expire when its URL does", async () => {
    const { id } = await create(client);
    moveClock(DAY_MS - 10_000);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await read(client, TAX, id)).toMatchObject({ status: "created" });
    moveClock(10_000);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await read(client, TAX, id)).toMatchObject({
      status: "expired",
      error: { reason: "expired", message: "the upload did not come before its URL ended" },
    });
    expect(await dataOf(await client.post(`${TAX}/${id}/complete`, {}))).toMatchObject({ status: "expired" });
  });

  it("that is there when the URL ends is still processed", async () => {
    const { id, keys } = await create(client);
    await put(keys.get("trades.csv"), CSV);
    moveClock(DAY_MS + 1);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    await (await executor.of(id)).finish();
    expect(await read(client, TAX, id)).toMatchObject({ status: "succeeded" });
  });
});

describe("the retention of 30 days", () => {
  const finished = async () => {
    const { id, keys } = await create(client);
    await put(keys.get("trades.csv"), CSV);
    await read(client, TAX, id);
    const attempt = await executor.of(id);
    const file = { path: "report.csv", sizeBytes: 1, sha256: "a".repeat(64) };
    await attempt.uploadUrls([file]);
    await testEnv.BUCKET.put(bucketKeys.output(attempt.request.attemptId, 0), "x");
    await attempt.finish({ outputs: [file] });
    return id;
  };

  it("ends with the files gone, and the job kept and marked", async () => {
    const id = await finished();
    expect(await filesOf(id)).toHaveLength(2);
    const createdAtMs = (await recordOf(id))?.createdAtMs ?? 0;
    moveClock(30 * DAY_MS - (Date.now() - createdAtMs) - 1);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await read(client, TAX, id)).toMatchObject({ status: "succeeded", url: expect.any(String) });
    moveClock(1);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await filesOf(id)).toEqual([]);
    const data = await read(client, TAX, id);
    expect(data).toMatchObject({ status: "succeeded", files_deleted_at: createdAtMs + 30 * DAY_MS });
    expect([data.url, data.outputs]).toEqual([undefined, undefined]);
    const row = await testEnv.DB.prepare("SELECT * FROM jobs WHERE public_id = ?1").bind(id).first();
    expect(row).toMatchObject({ state: "succeeded", files_deleted_at_ms: createdAtMs + 30 * DAY_MS });
    expect(await alarmOf(jobStub(id))).toBe(createdAtMs + 90 * DAY_MS);
  });

  it("holds for what was uploaded to a job that was cancelled before", async () => {
    const { id, keys } = await create(client);
    expect(await dataOf(await client.post(`${TAX}/${id}/cancel`, {}))).toMatchObject({ status: "cancelled" });
    await put(keys.get("trades.csv"), CSV);
    expect(await read(client, TAX, id)).toMatchObject({ status: "cancelled" });
    moveClock(30 * DAY_MS + 1);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await filesOf(id)).toEqual([]);
    expect(await read(client, TAX, id)).toMatchObject({ status: "cancelled" });
    await expectWorkloadError(await client.fetch(`${CHECKSUM}/${id}`), 404);
  });
});
