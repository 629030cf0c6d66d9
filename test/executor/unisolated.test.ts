import { describe, expect, it } from "vitest";
import { executorHealth } from "../../src/wire/attempt.ts";
import { runJob } from "./support/jobs.ts";
import { withExecutor } from "./support/levels.ts";

describe("an executor that was told to isolate nothing", () => {
  const { executor, worker } = withExecutor({
    env: {
      EXECUTOR_ISOLATION: "none",
      EXECUTOR_SLOTS: "2",
      // Its jobs are other users, and must be able to reach their folders.
      TMPDIR: "/tmp",
    },
  });

  it("says so in its health and with every result", async () => {
    const health = executorHealth.parse(await (await fetch(`${executor().url}/health`)).json());
    expect(health.isolation).toBe(0);
    const { finished } = await runJob(executor(), worker(), "print(1)");
    expect(finished.isolation).toBe(0);
  });

  it("still runs programs, stores their outputs and clears up after them", async () => {
    const source = "import os; print(os.getcwd()); open('out.txt', 'w').write('x')";
    const first = await runJob(executor(), worker(), source);
    expect(first.finished.outputs.map(({ path }) => path)).toEqual(["out.txt"]);
    const look = `import os; print(os.path.exists(${JSON.stringify(first.stdout.trim())}))`;
    const isGone = async (): Promise<string> => (await runJob(executor(), worker(), look)).stdout;
    await expect.poll(isGone, { timeout: 5_000 }).toBe("False\n");
  });

  it.each([
    ["timeout_wall", { timeoutMs: 500 }, "import time\ntime.sleep(30)"],
    ["timeout_cpu", { cpuMs: 400 }, "while True: pass"],
  ] as const)("still ends a program with %s", async (reason, limits, source) => {
    const { finished } = await runJob(executor(), worker(), source, { limits });
    expect(finished.reason).toBe(reason);
  });
});
