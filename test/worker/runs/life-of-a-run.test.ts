import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../support/client.ts";
import { HandExecutor } from "../support/hand-executor.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

describe("a run", () => {
  it("goes from submission through the queue to an executor and ends with its verdict", async () => {
    const client = new Client();
    const response = await client.post("/submit", { code: "print('hello')", args: ["a"] });
    expect(response.status).toBe(200);
    const submitted = await response.json<Record<string, unknown>>();
    expect(submitted).toMatchObject({ status: expect.stringMatching(/queued|running/) });
    const id = String(submitted.job_id);
    expect(id).toMatch(/^job-[0-9a-f]{32}$/);

    const attempt = await executor.of(id);
    expect(attempt.request.program).toMatchObject({
      interpreter: "python3",
      entrypoint: "main.py",
      args: ["a"],
      environment: "default",
    });
    expect(JSON.stringify(attempt.request)).not.toContain(id);
    await attempt.log("hello\n");
    expect(await client.json(`/logs/${id}`)).toMatchObject({
      status: "running",
      stdout: "hello\n",
      stderr: "",
    });
    await attempt.log("careful\n", "stderr");
    await attempt.finish({ cpuSeconds: 0.123456 });

    expect(await client.status(id)).toMatchObject({
      job_id: id,
      status: "completed",
      queue_position: 0,
      exit_code: 0,
      termination_reason: "exit",
      execution_metadata: { cpu_seconds: 0.12, memory_peak_mb: 11, wall_time_ms: 42, exit_code: 0 },
    });
    expect(await client.json(`/logs/${id}`)).toMatchObject({
      stdout: "hello\n",
      stderr: "careful\n",
      truncated: false,
    });
    const text = await client.fetch(`/logs/${id}`, { headers: { accept: "text/plain" } });
    expect(await text.text()).toBe("hello\ncareful\n");
  });

  it("fails where its program does", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await attempt.finish({ exitCode: 3 });
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      exit_code: 3,
      termination_reason: "exit",
    });
  });

  it("that a busy executor refuses is taken later, and no attempt is counted", async () => {
    executor.refusals = ["busy"];
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await attempt.finish();
    expect(await client.status(id)).toMatchObject({ status: "completed", attempts: 1 });
  }, 20_000);

  it("is unknown to who has another id", async () => {
    const client = new Client();
    for (const path of ["/status/", "/logs/", "/outputs/", "/download/"]) {
      for (const id of [`job-${"0".repeat(32)}`, "job_1_1", "..%2f", "%00"]) {
        const response = await client.fetch(path + id);
        expect([path, id, response.status]).toEqual([path, id, 404]);
      }
    }
  });
});

describe("cancelling", () => {
  it("kills a running program and says so", async () => {
    const client = new Client();
    const id = await client.submit();
    await executor.of(id);
    const response = await client.post(`/cancel/${id}`, {});
    expect(await response.json()).toMatchObject({ status: "failed", termination_reason: "cancelled" });
    const again = await client.post(`/cancel/${id}`, {});
    expect(again.status).toBe(200);
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 1.5 } });
  });
});
