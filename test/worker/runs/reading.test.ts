import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { logRecordsSchema, logsSchema, statusSchema } from "../../../src/http/runs/schemas.ts";
import { expectExactly, expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { HandExecutor, WORKER_ID } from "../support/hand-executor.ts";
import { evict } from "../support/objects.ts";
import { storeOutputs } from "../support/outputs.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const start = async (submission: Record<string, unknown> = { code: "1" }) => {
  const client = new Client();
  const id = await client.submit(submission);
  return { client, id, attempt: await executor.of(id) };
};

describe("the status", () => {
  it("of a running job has every field, with figures that are not known yet at zero", async () => {
    stopClock();
    const { client, id } = await start({ code: "1", interpreter: "python" });
    const at = new Date().toISOString();
    const body = await expectExactly(await client.fetch(`/status/${id}`), statusSchema);
    expect(body).toMatchObject({
      job_id: id,
      status: "running",
      queue_position: 0,
      exit_code: null,
      termination_reason: null,
      created_at: at,
      started_at: at,
      finished_at: null,
      attempts: 1,
      execution_metadata: {
        cpu_seconds: 0,
        memory_peak_bytes: 0,
        memory_peak_mb: 0,
        wall_time_ms: 0,
        exit_code: 0,
        environment: "",
        interpreter: "python3",
      },
      output_files: {},
      worker_metadata: { worker_id: null, signature: null },
    });
    expect(body.job_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("of an ended job has the reference's fields, the documents' and the clients', the same everywhere", async () => {
    stopClock();
    const { client, id, attempt } = await start();
    const outputs = await storeOutputs(attempt, { "sub/plot.png": "png" });
    moveClock(2_000);
    await attempt.finish({
      exitCode: 0,
      cpuSeconds: 1.23456,
      memoryPeakBytes: 12_345_678,
      wallTimeMs: 1_987,
      outputs,
      outputsDropped: 3,
    });
    await evict(id);
    const body = await expectExactly(await client.fetch(`/status/${id}`), statusSchema);
    const [file] = outputs;
    expect(body).toMatchObject({
      status: "completed",
      exit_code: 0,
      termination_reason: "exit",
      reason_message: null,
      finished_at: new Date().toISOString(),
      execution_metadata: {
        cpu_seconds: 1.23,
        memory_peak_bytes: 12_345_678,
        memory_peak_mb: 11,
        wall_time_ms: 1_987,
        exit_code: 0,
        termination_reason: "exit",
      },
      metrics: { cpu_seconds: 1.23, memory_mb: 11, runtime: 1.987, cpuSeconds: 1.23, memoryMB: 11 },
      cpu_seconds: 1.23,
      memory_bytes: 12_345_678,
      wall_time: 1.987,
      output_files: {
        "sub/plot.png": {
          path: "sub/plot.png",
          size_bytes: 3,
          sha256_hash: file?.sha256,
          sha256: file?.sha256,
          type: "file",
          category: "image",
        },
      },
      outputs_dropped: 3,
      worker_metadata: {
        worker_id: WORKER_ID,
        signature: expect.stringMatching(/^[A-Za-z0-9+/]{86}==$/),
        signed_payload: `${attempt.request.jobHash}|0|1.23456|11|sub/plot.png:${file?.sha256}|`,
      },
    });
    expect(body).not.toHaveProperty("error");
  });

  it.each([
    ["exit", 0, "completed"],
    ["exit", 3, "failed"],
    ["timeout_wall", null, "failed"],
    ["timeout_cpu", null, "failed"],
    ["memory", 137, "failed"],
    ["output_limit", null, "failed"],
    ["signal", null, "failed"],
    ["cancelled", null, "failed"],
  ] as const)("of a run that ended by %s with %s is %s", async (reason, exitCode, status) => {
    const { client, id, attempt } = await start();
    await attempt.finish({ reason, exitCode, signal: exitCode === null ? "SIGKILL" : null });
    expect(await client.status(id)).toMatchObject({
      status,
      termination_reason: reason,
      exit_code: exitCode,
      execution_metadata: { exit_code: exitCode ?? -1, signal: exitCode === null ? "SIGKILL" : null },
    });
  });

  it("is not sent again to who has it", async () => {
    const { client, id, attempt } = await start();
    const first = await client.fetch(`/status/${id}`);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^".+"$/);
    const askAgain = () => client.fetch(`/status/${id}`, { headers: { "if-none-match": etag } });
    const second = await askAgain();
    expect([second.status, await second.text()]).toEqual([304, ""]);
    await attempt.finish();
    const third = await askAgain();
    expect([third.status, third.headers.get("etag") === etag]).toEqual([200, false]);
  });

  it("can be waited for", async () => {
    const { client, id, attempt } = await start();
    const waiting = client.fetch(`/status/${id}`, { headers: { prefer: "respond-async, wait=30" } });
    await attempt.finish();
    const response = await waiting;
    expect(response.headers.get("preference-applied")).toBe("wait=30");
    expect(await response.json()).toMatchObject({ status: "completed" });
    const early = await start();
    const over = await early.client.fetch(`/status/${early.id}`, { headers: { prefer: "wait=0" } });
    expect(await over.json()).toMatchObject({ status: "running" });
  });
});

describe("the logs", () => {
  const logged = async () => {
    const run = await start();
    await run.attempt.log("öut\n");
    await run.attempt.log("err\n", "stderr");
    await run.attempt.log("more\n");
    return run;
  };

  it("are JSON by default, with both streams apart, while the run goes on and after it", async () => {
    const { client, id, attempt } = await logged();
    const accepts = [
      undefined,
      "*/*",
      "application/json",
      "application/*",
      "application/json, text/plain, */*",
    ];
    for (const accept of accepts) {
      const headers: HeadersInit = accept === undefined ? {} : { accept };
      const response = await client.fetch(`/logs/${id}`, { headers });
      expect(await expectExactly(response, logsSchema)).toEqual({
        job_id: id,
        status: "running",
        stdout: "öut\nmore\n",
        stderr: "err\n",
        truncated: false,
        next: 3,
      });
    }
    await attempt.finish();
    const response = await client.fetch(`/logs/${id}`);
    expect(await expectExactly(response, logsSchema)).toMatchObject({ status: "completed", next: 3 });
  });

  it("are the text as it came for who asks for text, and for a browser", async () => {
    const { client, id } = await logged();
    const requests: [string, HeadersInit][] = [
      [`/logs/${id}`, { accept: "text/plain" }],
      [`/logs/${id}?format=text`, { accept: "application/json" }],
      [`/logs/${id}`, { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }],
      [`/logs/${id}`, { accept: "*/*", "sec-fetch-mode": "navigate" }],
    ];
    for (const [path, headers] of requests) {
      const response = await client.fetch(path, { headers });
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-type": "text/plain; charset=utf-8",
        "x-content-type-options": "nosniff",
        vary: expect.stringContaining("Accept"),
      });
      expect(await response.text()).toBe("öut\nerr\nmore\n");
    }
  });

  it("are JSON where the query says so, whatever is accepted", async () => {
    const { client, id } = await logged();
    const response = await client.fetch(`/logs/${id}?format=json`, { headers: { accept: "text/plain" } });
    await expectExactly(response, logsSchema);
  });

  it("of a run that said nothing are empty", async () => {
    const { client, id } = await start();
    expect(await client.json(`/logs/${id}`)).toMatchObject({ stdout: "", stderr: "", next: 0 });
    expect(await (await client.fetch(`/logs/${id}?format=text`)).text()).toBe("");
  });

  it("come whole over many pages", async () => {
    const { client, id, attempt } = await start();
    const piece = "0123456789abcde\n".repeat(16_000);
    for (let count = 0; count < 10; count++) await attempt.log(piece, count % 2 === 0 ? "stdout" : "stderr");
    const { stdout, stderr } = await client.json<{ stdout: string; stderr: string }>(`/logs/${id}`);
    expect([stdout.length, stderr.length]).toEqual([5 * piece.length, 5 * piece.length]);
    expect((await (await client.fetch(`/logs/${id}?format=text`)).text()).length).toBe(10 * piece.length);
  });

  it("come in pieces that no log can make large, and are whole JSON all the same", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    for (let at = 0; at < 48; at++)
      await attempt.log("\0".repeat(65_536), at % 2 === 0 ? "stdout" : "stderr");
    await attempt.finish();
    const response = await client.fetch(`/logs/${id}`);
    expect(response.headers.get("content-type")).toBe("application/json");
    let text = "";
    let largest = 0;
    const utf8 = new TextDecoder();
    for await (const piece of response.body ?? []) {
      largest = Math.max(largest, piece.byteLength);
      text += utf8.decode(piece, { stream: true });
    }
    expect(largest).toBeLessThan(8 * 1_048_576);
    expect(JSON.parse(text)).toEqual({
      job_id: id,
      status: "completed",
      stdout: "\0".repeat(24 * 65_536),
      stderr: "\0".repeat(24 * 65_536),
      truncated: false,
      next: 48,
    });
  });

  it("never give a number back that the client made up", async () => {
    const { client, id, attempt } = await start();
    expect(await client.json(`/logs/${id}?after=999999`)).toMatchObject({ records: [], next: 0 });
    await attempt.log("one");
    await attempt.finish();
    expect(await client.json(`/logs/${id}?after=999999`)).toMatchObject({ records: [], next: 1 });
    const events = await (await client.fetch(`/logs/${id}/events?after=999999`)).text();
    expect(events).toContain('"last_seq":1');
  });

  it("can be read record by record, behind a number", async () => {
    const { client, id, attempt } = await logged();
    const first = await expectExactly(await client.fetch(`/logs/${id}?after=0&limit=2`), logRecordsSchema);
    expect(first).toMatchObject({ more: true, next: 2 });
    expect(first.records.map(({ seq, stream, data }) => [seq, stream, data])).toEqual([
      [1, "stdout", "öut\n"],
      [2, "stderr", "err\n"],
    ]);
    const rest = await expectExactly(await client.fetch(`/logs/${id}?after=2`), logRecordsSchema);
    expect(rest).toMatchObject({ more: false, next: 3, records: [{ seq: 3 }] });
    await attempt.finish();
    expect(await client.json(`/logs/${id}?after=3`)).toMatchObject({ records: [], next: 3, more: false });
    for (const query of ["after=-1", "after=x", "limit=0", "limit=10001"]) {
      await expectProblem(await client.fetch(`/logs/${id}?${query}`), 400, "invalid_request");
    }
  });
});

describe("the log as Server-Sent Events", () => {
  type Event = { id: string | undefined; event: string | undefined; data: Record<string, unknown> };

  const eventsOf = (text: string): Event[] =>
    text
      .split("\n\n")
      .filter((block) => block !== "" && !block.startsWith(":"))
      .map((block) => {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
        return { id: field("id"), event: field("event"), data: JSON.parse(field("data") ?? "null") };
      });

  it("has every record with its number, and the end, and then ends itself", async () => {
    const { client, id, attempt } = await start();
    await attempt.log("one\n");
    const response = await client.fetch(`/logs/${id}/events`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": expect.stringMatching(/^text\/event-stream/),
      "cache-control": "no-store, no-transform",
    });
    await attempt.log("two\r\n\r\nlines\n", "stderr");
    await attempt.finish();
    const events = eventsOf(await response.text());
    const again = await client.fetch(`/logs/${id}/events`, { headers: { "last-event-id": "end" } });
    expect([again.status, await again.text()]).toEqual([204, ""]);
    expect(events.map(({ event }) => event)).toEqual(["status", "log", "log", "end"]);
    expect(events.slice(1)).toEqual([
      { id: "1", event: "log", data: expect.objectContaining({ seq: 1, data: "one\n" }) },
      {
        id: "2",
        event: "log",
        data: expect.objectContaining({ seq: 2, stream: "stderr", data: "two\r\n\r\nlines\n" }),
      },
      { id: "end", event: "end", data: expect.objectContaining({ status: "completed", last_seq: 2 }) },
    ]);
  });

  it("resumes behind the last event that was seen", async () => {
    const { client, id, attempt } = await start();
    for (const text of ["a", "b", "c"]) await attempt.log(text);
    await attempt.finish();
    for (const [path, headers] of [
      [`/logs/${id}/events`, { "last-event-id": "2" }],
      [`/logs/${id}/events?after=2`, {}],
      [`/logs/${id}/events?after=0`, { "last-event-id": "2" }],
    ] as const) {
      const events = eventsOf(await (await client.fetch(path, { headers })).text());
      expect(events.filter(({ event }) => event === "log").map(({ id: seq }) => seq)).toEqual(["3"]);
    }
    const bad = await client.fetch(`/logs/${id}/events`, { headers: { "last-event-id": "x" } });
    await expectProblem(bad, 400, "invalid_request");
  });

  it("is a 404 for an unknown job", async () => {
    const path = `/logs/job-${"0".repeat(32)}/events`;
    await expectProblem(await new Client().fetch(path), 404, "job_not_found");
  });
});
