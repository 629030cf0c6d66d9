import { describe, expect, it } from "vitest";
import { executorHealth } from "../../src/wire/attempt.ts";
import { HEARTBEAT_MS, REPORT_LOG_BYTES } from "../../src/wire/limits.ts";
import { call, makeRequest, resultOf, runJob } from "./support/jobs.ts";
import { withExecutor } from "./support/levels.ts";

const stale = { error: { code: "stale_attempt" as const, message: "stale" } };

describe("reports", () => {
  const { executor, worker } = withExecutor({ env: { EXECUTOR_SLOTS: "2", EXECUTOR_BACKLOG: "1" } });
  const start = async (source: string, options = {}) => {
    const attempt = worker().open();
    const response = await call(
      executor(),
      "POST",
      "/attempts",
      makeRequest(worker(), attempt, source, options),
    );
    return { attempt, response };
  };
  const isIdle = async (): Promise<boolean> => {
    const response = await fetch(`${executor().url}/health`);
    return executorHealth.parse(await response.json()).slots.busy === 0;
  };

  it("come in three at most for a program that says hello", async () => {
    const { attempt } = await runJob(executor(), worker(), "print('hello')");
    expect(attempt.reports.length).toBeLessThanOrEqual(3);
  });

  it("survive a Worker that is away or in trouble, without loss or doubling", async () => {
    const { attempt } = await start("import time\nfor i in range(20):\n  print(i)\n  time.sleep(0.02)");
    let asked = 0;
    attempt.interfere = () => {
      asked += 1;
      if (asked % 4 === 1) return "hang-up";
      if (asked % 4 === 2) return { status: 503, body: null };
      return null;
    };
    const { stdout } = await resultOf(attempt);
    expect(stdout).toBe(Array.from({ length: 20 }, (_, i) => `${i}\n`).join(""));
    expect(asked).toBeGreaterThan(2);
  });

  it("are sent again from where the Worker says that there is a gap", async () => {
    const { attempt } = await start("print('hello')");
    let asked = 0;
    attempt.interfere = () => {
      asked += 1;
      return asked === 1
        ? { status: 409, body: { error: { code: "gap", message: "gap", expected: 1 } } }
        : null;
    };
    expect((await resultOf(attempt)).stdout).toBe("hello\n");
  });

  it.each([
    ["the attempt is stale", { status: 409, body: stale }],
    [
      "the token is refused",
      { status: 401, body: { error: { code: "unauthorized" as const, message: "" } } },
    ],
  ])("stop, and the program with them, when %s", async (_, interference) => {
    const { attempt } = await start("import time\nwhile True:\n  print('x')\n  time.sleep(0.1)");
    await expect.poll(() => attempt.reports.length, { timeout: 10_000 }).toBeGreaterThan(0);
    let asked = 0;
    attempt.interfere = () => {
      asked += 1;
      return interference;
    };
    await expect.poll(isIdle, { timeout: 5_000 }).toBe(true);
    expect(asked).toBe(1);
  });

  it("beat while a program is silent", async () => {
    const timeoutMs = HEARTBEAT_MS + 1_500;
    const { attempt } = await start("import time\ntime.sleep(60)", { limits: { timeoutMs } });
    await resultOf(attempt);
    expect(attempt.reports.some(({ events }) => events === 0)).toBe(true);
  });

  it("hold back a program that writes faster than they go out", async () => {
    const { attempt } = await start("import sys\nfor i in range(60): sys.stdout.write('x' * 65536)");
    attempt.interfere = () => null;
    const { stdout } = await resultOf(attempt);
    expect(stdout.length).toBe(60 * 65_536);
    const sizes = attempt.events.map((event) => (event.type === "log" ? event.data.length : 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(REPORT_LOG_BYTES);
  });
});

describe("room", () => {
  const { executor, worker } = withExecutor({ env: { EXECUTOR_SLOTS: "1", EXECUTOR_BACKLOG: "1" } });
  const send = async (source: string) => {
    const attempt = worker().open();
    const response = await call(executor(), "POST", "/attempts", makeRequest(worker(), attempt, source));
    return { attempt, response };
  };

  it("is limited: one runs, one waits, the third is told to come again", async () => {
    const first = await send("import time\nprint(1)\ntime.sleep(30)");
    const second = await send("print(2)");
    const third = await send("print(3)");
    expect([first, second, third].map(({ response }) => response.status)).toEqual([202, 202, 503]);
    expect(Number(third.response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await third.response.json()).toMatchObject({ error: { code: "busy" } });
    await call(executor(), "DELETE", `/attempts/${first.attempt.id}`);
    expect((await resultOf(first.attempt)).finished.reason).toBe("cancelled");
    expect((await resultOf(second.attempt)).stdout).toBe("2\n");
  });

  it("is given back by one that is cancelled while it waits", async () => {
    const first = await send("import time\ntime.sleep(30)");
    const second = await send("print(2)");
    await call(executor(), "DELETE", `/attempts/${second.attempt.id}`);
    const { finished } = await resultOf(second.attempt);
    expect(finished).toMatchObject({ reason: "cancelled", exitCode: null, wallTimeMs: 0 });
    expect(second.attempt.events.map(({ type }) => type)).toEqual(["finished"]);
    await call(executor(), "DELETE", `/attempts/${first.attempt.id}`);
    await resultOf(first.attempt);
  });
});
