import { describe, expect, it } from "vitest";
import type { JobOptions } from "./support/jobs.ts";
import { runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

/** The documented limits, plus what this machine's own load may add to a timer. */
const OVERSHOOT_MS = 250;
const LOAD_MS = 250;
const MIB = 1024 * 1024;

const abusive: readonly (readonly [string, string, JobOptions["limits"]])[] = [
  ["a fork bomb", "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", { timeoutMs: 2_500 }],
  ["a memory eater", "x = []\nwhile True: x.append(bytearray(5_000_000))", {}],
  ["a busy loop", "import os\nfor _ in range(5): os.fork()\nwhile True: pass", { cpuMs: 1_000 }],
  ["a flood", "import os\nwhile True: os.write(1, b'x' * 65536)", { outputBytesPerStream: 2_000_000 }],
  ["a disk filler", "while True: open('/job/x', 'ab').write(bytes(1_000_000))", { timeoutMs: 2_500 }],
];

describe.each(levels)("at $name", ({ level, options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_SLOTS: "24" },
  });

  it("wall time is over within 250 ms of its limit", async () => {
    const limits = { timeoutMs: 700 };
    const { finished } = await runJob(executor(), worker(), "import time\ntime.sleep(30)", { limits });
    expect(finished.reason).toBe("timeout_wall");
    expect(finished.wallTimeMs).toBeGreaterThanOrEqual(650);
    expect(finished.wallTimeMs).toBeLessThan(700 + OVERSHOOT_MS + LOAD_MS);
  });

  it.each([
    ["one process", "while True: pass"],
    ["eight processes", "import os\nfor _ in range(3): os.fork()\nwhile True: pass"],
  ])("CPU time is over within 250 ms of its limit, on every core, for %s", async (_, source) => {
    const cores = 2;
    const { finished } = await runJob(executor(), worker(), source, { limits: { cpuMs: 500 } });
    expect(finished.reason).toBe("timeout_cpu");
    expect(finished.cpuSeconds).toBeGreaterThanOrEqual(0.45);
    expect(finished.cpuSeconds).toBeLessThan((500 + cores * OVERSHOOT_MS + LOAD_MS) / 1_000);
  });

  it("memory is over before it does the machine any harm", async () => {
    const source = `
import os, time
for _ in range(30):
    if os.fork() == 0:
        block = bytearray(20_000_000)
        time.sleep(20)
time.sleep(20)
`;
    const limits = { memoryBytes: 100 * MIB };
    const { finished } = await runJob(executor(), worker(), source, { limits });
    expect(finished.reason).toBe("memory");
    if (level === 1) expect(finished.memoryPeakBytes).toBeLessThanOrEqual(101 * MIB);
    expect(finished.wallTimeMs).toBeLessThan(5_000);
  });

  it("four fork bombs hold up neither the executor nor a job beside them", async () => {
    const before = executor().log.length;
    const [bomb] = abusive;
    const bombs = Array.from({ length: 4 }, () =>
      runJob(executor(), worker(), bomb?.[1] ?? "", { limits: { memoryBytes: 100 * MIB, timeoutMs: 2_500 } }),
    );
    const calm = await runJob(executor(), worker(), "print(6 * 7)");
    expect(calm.stdout).toBe("42\n");
    expect(calm.finished.wallTimeMs).toBeLessThan(3_000);
    await Promise.all(bombs);
    const stalls = executor()
      .log.slice(before)
      .flatMap((line) => /"stallMs":(\d+)/.exec(line)?.[1] ?? [])
      .map(Number);
    expect(Math.max(0, ...stalls)).toBeLessThan(1_000);
  });

  it("twenty abusive programs at once do not stop a well-behaved one", async () => {
    const kinds = Array.from({ length: 20 }, (_, index) => abusive[index % abusive.length]);
    const storms = kinds.map((kind) => {
      const [, source = "", limits = {}] = kind ?? [];
      const capped = { memoryBytes: 100 * MIB, timeoutMs: 3_000, ...limits };
      return runJob(executor(), worker(), source, { limits: capped });
    });
    const calm = await runJob(executor(), worker(), "print(sum(range(100000)))", {
      limits: { timeoutMs: 20_000 },
    });
    expect([calm.stdout, calm.finished.reason]).toEqual(["4999950000\n", "exit"]);
    const reasons = (await Promise.all(storms)).map(({ finished }) => finished.reason);
    expect(reasons).not.toContain("infrastructure");
    // Which limit of several is passed first is the load's luck; that one is, is not.
    expect(reasons.filter((reason) => reason !== "exit").length).toBeGreaterThanOrEqual(12);
    const after = await runJob(executor(), worker(), "print('calm')");
    expect(after.stdout).toBe("calm\n");
  }, 60_000);
});
