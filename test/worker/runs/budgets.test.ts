import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import costs from "../../../docs/costs.md?raw";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { dollarsAMillion, sheetOf } from "../support/cost-sheet.ts";
import { type Counts, startCounting } from "../support/counting.ts";
import { until } from "../support/eventually.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { jobStub, rowOf } from "../support/objects.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});
afterAll(() => executor.uninstall());

const summary = (counts: Counts) => ({
  objectRequests: counts.objectRequests.length,
  objectRows: counts.objectRows.length,
  databaseRowsWritten: counts.databaseRowsWritten,
  queueOperations: counts.queueOperations.length,
  bucketOperations: counts.bucketOperations.length,
});

/** Submits a program and reports on it as the executor does on one that ends at once: all in the report that claims. */
const helloWorld = async (client: Client): Promise<string> => {
  const id = await client.submit({ code: "print('hello')" });
  const attempt = await executor.of(id, { claims: false });
  await attempt.report(
    { type: "started", atMs: Date.now() },
    { type: "log", atMs: Date.now(), stream: "stdout", data: "hello\n" },
    attempt.finished(),
  );
  return id;
};

/** Has a client's first run behind it, with all that is told of its end: nothing of it is counted for the next. */
const runFirst = async (client: Client): Promise<void> => {
  const id = await helloWorld(client);
  await until("the end of the first run's effects", async () => {
    const { your_quota } = await client.json<{ your_quota: { active_jobs: number } }>("/stats");
    return your_quota.active_jobs === 0 && (await rowOf(id))?.state === "succeeded";
  });
};

describe("a small run", () => {
  it("stays within its budget of operations from submission to result", async () => {
    const client = new Client();
    // A client's quota object sets its alarm once; a run is counted without it, and next with it.
    await runFirst(client);
    const counts = await startCounting();
    const id = await helloWorld(client);
    const figures = summary(counts);
    console.info(`hello world: ${JSON.stringify(figures)}`);
    expect(await rowOf(id)).toMatchObject({ state: "succeeded" });
    expect(counts.objectRequests.length, counts.objectRequests.join()).toBeLessThanOrEqual(7);
    expect(counts.objectRows.length, counts.objectRows.join()).toBeLessThanOrEqual(8);
    expect(counts.databaseRowsWritten).toBeLessThanOrEqual(2);
    expect(counts.queueOperations.length, counts.queueOperations.join()).toBeLessThanOrEqual(3);
    expect(counts.bucketOperations).toEqual([]);
  });

  it("of a client that was not there for an hour writes one row more", async () => {
    const client = new Client();
    const counts = await startCounting();
    await helloWorld(client);
    expect(counts.objectRows.length, counts.objectRows.join()).toBeLessThanOrEqual(9);
    expect(counts.objectRequests.length).toBeLessThanOrEqual(8);
  });

  it("needs little more until it is deleted", async () => {
    const client = new Client();
    await runFirst(client);
    const counts = await startCounting();
    const id = await helloWorld(client);
    moveClock(3_600_000);
    expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
    console.info(`hello world with its deletion: ${JSON.stringify(summary(counts))}`);
    expect(await rowOf(id)).toBeNull();
    expect(counts.objectRows.length, counts.objectRows.join()).toBeLessThanOrEqual(9);
    // The alarm that deletes is a request as well.
    expect(counts.objectRequests.length + 1, counts.objectRequests.join()).toBeLessThanOrEqual(8);
    expect(counts.databaseRowsWritten).toBeLessThanOrEqual(2);
    expect(counts.bucketOperations).toEqual([]);
    const used = {
      // The submission, the question that waits for the end, the executor's report, and the consumer.
      workerRequests: 4,
      workerCpuMs: 10,
      objectRequests: counts.objectRequests.length + 1,
      objectSeconds: 0.2,
      objectRows: counts.objectRows.length,
      databaseRows: counts.databaseRowsWritten,
      queueOperations: counts.queueOperations.length,
    };
    expect(dollarsAMillion(used)).toBeLessThanOrEqual(15);
    const cells = (line: string): string => line.replace(/ *\| */g, "|");
    const told = costs.split("\n").map(cells);
    for (const line of sheetOf(used)) expect(told).toContain(cells(line));
  });

  it("writes its log in few rows, however many reports bring it", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    const counts = await startCounting();
    const line = `${"x".repeat(99)}\n`;
    for (let report = 0; report < 40; report++) await attempt.log(line.repeat(20));
    const rows = counts.objectRows.filter((row) => row.includes("log/"));
    console.info(
      `40 reports of 2,000 bytes: ${rows.length} log rows written, ${new Set(rows).size} of them kept`,
    );
    expect(new Set(rows).size).toBeLessThanOrEqual(Math.ceil((40 * 2_000) / (8 * 1_024)));
    expect(counts.objectRows.length).toBeLessThanOrEqual(41);
    await attempt.finish();
  });

  it("that is judged costs one row a case more, and one for its compile step", async () => {
    const judged = async (client: Client, cases: number): Promise<void> => {
      const all = Array.from({ length: cases }, (_, index) => index);
      const id = await client.submit({
        code: "x",
        language: "c",
        cases: all.map(() => ({ expected_output: "1" })),
      });
      const attempt = await executor.of(id, { claims: false });
      await attempt.report({ type: "started", atMs: Date.now() });
      await attempt.compiled();
      await attempt.report(...all.map((index) => attempt.caseEvent(index)), attempt.finished());
    };
    const client = new Client();
    await judged(client, 1);
    const counts = await startCounting();
    await judged(client, 20);
    console.info(`20 cases: ${JSON.stringify(summary(counts))}`);
    expect(counts.objectRows.filter((row) => row.includes("case/"))).toHaveLength(20);
    // The small run's, the claim and the compile step in reports of their own, and the cases.
    expect(counts.objectRows.length, counts.objectRows.join()).toBeLessThanOrEqual(8 + 4 + 20);
    expect(counts.databaseRowsWritten).toBeLessThanOrEqual(3);
    expect(counts.bucketOperations).toEqual([]);
  });

  it("costs nothing to watch but the request that opens the socket", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    const counts = await startCounting();
    const watcher = await client.socket(`/stream/${id}`);
    await attempt.log("hello\n");
    await watcher.until("hello");
    expect(counts.objectRequests).toEqual(["/stream", "report"]);
    expect(counts.databaseRowsRead).toBe(0);
    await attempt.finish();
    await watcher.closed;
  });
});

describe("asking", () => {
  it("for status, logs and outputs is one object request each, and writes nothing", async () => {
    const client = new Client();
    const id = await helloWorld(client);
    const counts = await startCounting();
    for (const path of ["status", "logs", "outputs"]) await client.fetch(`/${path}/${id}`);
    expect(counts.objectRequests).toEqual(["snapshot", "logs", "snapshot"]);
    expect(counts.objectRows).toEqual([]);
    expect([counts.databaseRowsWritten, counts.databaseRowsRead]).toEqual([0, 0]);
  });

  it("for a job that cannot exist asks nobody", async () => {
    const client = new Client();
    const counts = await startCounting();
    for (const path of ["status", "logs", "outputs", "download"]) await client.fetch(`/${path}/job_1_1`);
    await client.post("/cancel/job_1_1", {});
    for (const path of ["stream/job_1_1", "ws/job-", "logs/..%2f/stream"]) {
      expect((await (await client.socket(`/${path}`)).closed).code).toBe(4404);
    }
    expect(counts.objectRequests).toEqual([]);
  });
});
