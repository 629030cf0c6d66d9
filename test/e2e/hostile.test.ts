import { describe, expect, test } from "vitest";
import { collect, newClient } from "./support/client.ts";
import { marker, processesWith } from "./support/processes.ts";

const MIB = 1_048_576;
/** What follows an answer follows soon, also on a busy machine. */
const patience = { timeout: 10_000 };

describe("a program that", () => {
  test("prints 50 MB is ended at the cap, and what it printed until then is kept", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      interpreter: "bash",
      code: "yes 0123456789abcde | head -c 50000000",
    });
    const events = await collect(client.events(id));
    const report = await client.wait(id);
    expect(report).toMatchObject({
      status: "failed",
      termination_reason: "output_limit",
      truncated: true,
      limits: { output_bytes: 10 * MIB },
    });
    expect(events.at(-1)).toMatchObject({ type: "end", truncated: true });
    const records = events.filter((event) => "data" in event);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    const streamed = records.map(({ data }) => data).join("");
    expect(streamed.length).toBe(10 * MIB);
    expect(streamed).toBe("0123456789abcde\n".repeat((10 * MIB) / 16));
    expect(await client.text(id)).toBe(streamed);
  });

  test("ignores SIGTERM is killed all the same when its time is over", async () => {
    const client = newClient();
    const mark = marker();
    const { job_id: id } = await client.submit({
      interpreter: "bash",
      code: "trap '' TERM INT HUP\necho started\nwhile :; do sleep 0.2; done",
      args: [mark],
      timeout: 2,
    });
    const report = await client.wait(id);
    expect(report).toMatchObject({ status: "failed", termination_reason: "timeout_wall" });
    expect(report.execution_metadata.wall_time_ms).toBeGreaterThanOrEqual(2_000);
    expect(report.execution_metadata.wall_time_ms).toBeLessThan(10_000);
    expect(await client.text(id)).toBe("started\n");
    await expect.poll(() => processesWith(mark), patience).toBe(0);
  });

  test("uses more memory or CPU time than it may have is ended for that", async () => {
    const client = newClient();
    const hungry = await client.submit({ code: "x = bytearray(400 * 1024 * 1024)", memory_mb: 64 });
    const busy = await client.submit({ interpreter: "sh", code: "while :; do :; done", cpu_seconds: 1 });
    const [memory, cpu] = await Promise.all([client.wait(hungry.job_id), client.wait(busy.job_id)]);
    expect(memory.status).toBe("failed");
    expect(memory.memory_bytes).toBeLessThanOrEqual(64 * MIB);
    expect(cpu).toMatchObject({ status: "failed", termination_reason: "timeout_cpu" });
  });

  test("is cancelled is dead at once, keeps its log, and frees its place", async () => {
    const client = newClient();
    const mark = marker();
    const { job_id: id } = await client.submit({
      code: "import time\nprint('working', flush=True)\ntime.sleep(60)",
      args: [mark],
    });
    await client.logs(id).next();
    expect(processesWith(mark)).toBeGreaterThan(0);

    const askedAtMs = performance.now();
    await client.cancel(id);
    const report = await client.wait(id);
    process.stdout.write(`cancelled after ${Math.round(performance.now() - askedAtMs)} ms\n`);
    expect(report).toMatchObject({ status: "failed", termination_reason: "cancelled" });
    await expect.poll(() => processesWith(mark), patience).toBe(0);
    expect(await client.text(id)).toMatch(/^working\n?$/);
    expect(await client.cancel(id)).toEqual(report);
    expect((await client.stats()).your_quota.active_jobs).toBe(0);
  });

  test("waits for a place can be cancelled before it ever runs", async () => {
    const crowd = Array.from({ length: 12 }, () => newClient());
    const sleepers = await Promise.all(
      crowd.map(async (client) => {
        const { job_id: id } = await client.submit({ code: "import time; time.sleep(30)" });
        return { client, id };
      }),
    );
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "print('never')" });
    const report = await client.cancel(id);
    expect(report).toMatchObject({ status: "failed", termination_reason: "cancelled" });
    expect(await client.text(id)).toBe("");
    const ended = await Promise.all(sleepers.map((sleeper) => sleeper.client.cancel(sleeper.id)));
    expect(ended.length).toBe(12);
    await Promise.all(sleepers.map((sleeper) => sleeper.client.wait(sleeper.id)));
  });
});
