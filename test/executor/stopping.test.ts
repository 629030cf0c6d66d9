import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExecutorProcess, startExecutor } from "./support/executor-process.ts";
import { type FakeWorker, startFakeWorker } from "./support/fake-worker.ts";
import { makeRequest, resultOf, send } from "./support/jobs.ts";

/** A mark in a job's command line that nothing else on the machine has. */
const mark = `mark-${process.pid}-${Date.now()}`;

const survivors = (): number =>
  readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/cmdline`)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark);
    } catch {
      return false; // it ended meanwhile
    }
  }).length;

const sleeper = `
import subprocess, sys, time, os
if len(sys.argv) < 3:
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            os.execvp("python3", ["python3", "main.py", "${mark}", "child"])
    print("up", flush=True)
time.sleep(60)
`;

describe("an executor that is stopped", () => {
  let worker: FakeWorker;
  let executor: ExecutorProcess;
  const up = async () => {
    const attempt = worker.open();
    const request = makeRequest(attempt, sleeper, { args: [mark] });
    await send(executor, request);
    await expect
      .poll(() => attempt.events.some(({ type }) => type === "log"), { timeout: 10_000 })
      .toBe(true);
    await expect.poll(survivors, { timeout: 5_000 }).toBeGreaterThanOrEqual(4);
    return attempt;
  };
  beforeAll(async () => {
    worker = await startFakeWorker();
  });
  afterAll(() => worker.close());

  it("lets what it runs finish when it is asked to leave, takes nothing new, and goes", async () => {
    executor = await startExecutor();
    const attempt = worker.open();
    const source = "import time\nprint('up', flush=True)\ntime.sleep(2)\nprint('done')";
    await send(executor, makeRequest(attempt, source));
    await expect
      .poll(() => attempt.events.some(({ type }) => type === "log"), { timeout: 10_000 })
      .toBe(true);
    const stopped = executor.stop("SIGTERM");
    await expect.poll(() => executor.seat.said.some(({ type }) => type === "leaving")).toBe(true);
    const late = worker.open();
    expect(await executor.seat.offerNow(makeRequest(late, "print(1)"))).toBe("leaving");
    const { finished, stdout } = await resultOf(attempt);
    expect([finished.reason, stdout]).toEqual(["exit", "up\ndone\n"]);
    await stopped;
    expect(executor.child.exitCode).toBe(0);
  });

  it("ends what it runs at a second signal, as infrastructure that does not count, leaves nothing and goes", async () => {
    executor = await startExecutor();
    const attempt = await up();
    const startedMs = Date.now();
    executor.child.kill("SIGTERM");
    await expect.poll(() => executor.seat.said.some(({ type }) => type === "leaving")).toBe(true);
    await executor.stop("SIGTERM");
    expect(Date.now() - startedMs).toBeLessThan(8_000);
    const { finished } = await resultOf(attempt);
    expect(finished).toMatchObject({ reason: "infrastructure", exitCode: null, executorStopped: true });
    expect(executor.child.exitCode).toBe(0);
    expect(survivors()).toBe(0);
  });

  it("takes all its jobs with it when it is killed outright, and the next one clears up", async () => {
    executor = await startExecutor();
    await up();
    const { pid } = executor.child;
    executor.child.kill("SIGKILL");
    await expect.poll(survivors, { timeout: 5_000 }).toBe(0);
    const leftOvers = (): string =>
      execFileSync("find", ["/sys/fs/cgroup", "-name", `sandpiper-${pid}-*`], { encoding: "utf8" });
    const next = await startExecutor();
    const left = leftOvers();
    await next.stop();
    expect(left).toBe("");
  });

  it("leaves temporary files only until the next one starts beside it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "executor-leftovers-"));
    const found = (): readonly string[] => readdirSync(folder);
    const env = { TMPDIR: folder };
    executor = await startExecutor({ env });
    executor.child.kill("SIGKILL");
    await expect.poll(() => executor?.child.signalCode).toBe("SIGKILL");
    expect(found()).toHaveLength(2);
    const [killed] = found().filter((name) => /-[0-9a-f]{16}$/.test(name));
    const next = await startExecutor({ env });
    expect(found()).toHaveLength(2);
    expect(found()).not.toContain(killed);
    await next.stop();
    expect(found()).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it("does not touch a living neighbour's groups", async () => {
    executor = await startExecutor();
    const attempt = await up();
    const neighbour = await startExecutor();
    await neighbour.stop();
    expect(survivors()).toBeGreaterThanOrEqual(4);
    executor.seat.cancel(attempt.id);
    await resultOf(attempt);
    await executor.stop();
  });

  it("writes no token and no whole id into its log", async () => {
    executor = await startExecutor();
    const attempt = await up();
    executor.seat.cancel(attempt.id);
    await resultOf(attempt);
    await executor.stop();
    const log = executor.log.join("\n");
    for (const secret of [attempt.token, attempt.id, attempt.id.slice(0, 64)]) {
      expect(log).not.toContain(secret);
    }
    for (const line of executor.log) expect(() => JSON.parse(line)).not.toThrow();
  });
});
