import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { startCounting } from "../support/counting.ts";
import { until } from "../support/eventually.ts";
import { jobStub } from "../support/objects.ts";
import { Seat, viewOf } from "./support.ts";

afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});

describe("a job that waits for an executor", () => {
  it("costs two rows more at first, then 0.2 object requests and 0.1 rows a minute", async () => {
    moveClock(0);
    const client = new Client();
    const first = await startCounting();
    const id = await client.submit();
    await until("it waits", async () => (await viewOf()).waiting === 1);
    const inPool = first.objectRows.filter((row) => row.includes("wait/"));
    expect(inPool).toHaveLength(1);
    vi.restoreAllMocks();

    moveClock(45_000);
    expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
    const minutes = 60;
    const counts = await startCounting();
    let alarms = 0;
    for (let passed = 0; passed < minutes; passed += 10) {
      moveClock(10 * 60_000);
      if (passed + 10 < minutes) alarms += Number(await runDurableObjectAlarm(jobStub(id)));
    }
    const requests = counts.objectRequests.length + alarms;
    console.info(
      `waiting for ${minutes} minutes: ${requests} object requests, ${counts.objectRows.length} object rows`,
    );
    expect(requests / minutes).toBeLessThanOrEqual(0.2);
    expect(counts.objectRows.length / minutes).toBeLessThanOrEqual(0.1);
    expect(counts.databaseRowsWritten).toBe(0);
    expect(counts.queueOperations).toEqual([]);
    await client.post(`/cancel/${id}`, {});
  });
});

describe("positions, load and health", () => {
  it("are answered from one summary in five seconds, without a table", async () => {
    const seat = await new Seat().join();
    moveClock(60_000);
    const client = new Client();
    const counts = await startCounting();
    for (let at = 0; at < 10; at += 1) {
      await client.json("/health");
      await client.json("/stats");
    }
    expect(counts.objectRequests.filter((name) => name === "summary")).toHaveLength(1);
    expect(counts.databaseRowsRead).toBe(0);
    seat.close(1000);
    await until("nobody", async () => (await viewOf()).executors.length === 0);
  });
});
