import { describe, expect, it } from "vitest";
import { executorHealth } from "../../src/wire/attempt.ts";
import { HEARTBEAT_MS, REPORT_LOG_BYTES } from "../../src/wire/limits.ts";
import { makeRequest, resultOf, runJob, send } from "./support/jobs.ts";
import { withExecutor } from "./support/levels.ts";

const stale = { error: { code: "stale_attempt" as const, message: "stale" } };

describe("reports", () => {
  const { executor, worker } = withExecutor({ env: { EXECUTOR_SLOTS: "2" } });
  const start = async (source: string, options = {}) => {
    const attempt = worker().open();
    await send(executor(), makeRequest(attempt, source, options));
    return { attempt };
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

  it("that are never answered are given up soon enough for the lease, and sent again", async () => {
    const { attempt } = await start("print('hello')");
    let asked = 0;
    attempt.interfere = () => {
      asked += 1;
      return asked === 1 ? "never" : null;
    };
    const startedAtMs = performance.now();
    expect((await resultOf(attempt)).stdout).toBe("hello\n");
    expect(performance.now() - startedAtMs).toBeGreaterThan(2_500);
    expect(performance.now() - startedAtMs).toBeLessThan(15_000);
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

  describe.concurrent("of a program that runs for long", () => {
    it("beat while it is silent", async () => {
      const timeoutMs = HEARTBEAT_MS + 1_500;
      const { attempt } = await start("import time\ntime.sleep(60)", { limits: { timeoutMs } });
      await resultOf(attempt);
      expect(attempt.reports.some(({ events }) => events === 0)).toBe(true);
    });

    it("say what it has used so far", async () => {
      const timeoutMs = HEARTBEAT_MS + 1_500;
      const { attempt } = await start("while True: pass", { limits: { timeoutMs, cpuMs: 20_000 } });
      const { finished } = await resultOf(attempt);
      const used = attempt.reports.map(({ cpuSeconds }) => cpuSeconds ?? 0);
      expect(used).toEqual(used.toSorted((left, right) => left - right));
      const beforeTheEnd = used.at(-2) ?? 0;
      expect(beforeTheEnd).toBeGreaterThan(1);
      expect(beforeTheEnd).toBeLessThanOrEqual(finished.cpuSeconds + 0.2);
    });
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
  const { executor, worker } = withExecutor({ env: { EXECUTOR_SLOTS: "1" } });
  const requestOf = (source: string) => {
    const attempt = worker().open();
    return { attempt, request: makeRequest(attempt, source) };
  };

  it("is limited: an offer beyond it is refused as busy, and taken once there is room", async () => {
    const [first, second] = [requestOf("import time\nprint(1)\ntime.sleep(30)"), requestOf("print(2)")];
    const { seat } = executor();
    expect(await seat.offerNow(first.request, 700)).toBe("accepted");
    expect(await seat.offerNow(second.request)).toBe("busy");
    seat.cancel(first.attempt.id);
    expect((await resultOf(first.attempt)).finished.reason).toBe("cancelled");
    const released = { type: "released", attempt_id: first.attempt.id, memory_mb: 700 };
    await expect.poll(() => seat.said, { timeout: 5_000 }).toContainEqual(released);
    expect(await seat.offerNow(second.request)).toBe("accepted");
    expect((await resultOf(second.attempt)).stdout).toBe("2\n");
  });

  it("is given back before the outputs are stored and the result is reported", async () => {
    const { attempt, request } = requestOf("open('out', 'w').write('x')");
    let isReleased: boolean | null = null;
    attempt.interfere = () => {
      isReleased = executor().seat.said.some(
        (message) => message.type === "released" && message.attempt_id === attempt.id,
      );
      return null;
    };
    await executor().seat.offerNow(request);
    await resultOf(attempt);
    expect(isReleased).toBe(true);
  });
});
