import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { INPUT_ENTRIES } from "../../src/wire/limits.ts";
import { runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

/** Process ids on this machine that are warm or running sandboxes of one executor. */
const launchersOf = (executorPid: number): readonly number[] => {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  // Between the executor and its sandboxes stands the process that starts them.
  return [...parents].filter(([, parent]) => parents.get(parent) === executorPid).map(([pid]) => pid);
};

describe.each(levels)("warm sandboxes at $name", ({ options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: {
      ...options.env,
      EXECUTOR_SLOTS: "3",
      EXECUTOR_ENVIRONMENTS_DIR: "/nonexistent",
      EXECUTOR_LANGUAGES_DIR: "/nonexistent",
    },
  });
  const launchers = (): readonly number[] => launchersOf(executor().child.pid ?? 0);

  it("are ready ahead of time, as many as there are slots, and filled up again", async () => {
    await expect.poll(() => launchers().length, { timeout: 5_000 }).toBe(3);
    const before = launchers();
    await runJob(executor(), worker(), "print(1)");
    await expect.poll(() => launchers().length, { timeout: 5_000 }).toBe(3);
    expect(launchers()).not.toEqual(before);
  });

  it("serve one job each: nothing of a job is there for the next", async () => {
    const source = `
import os
print(os.path.exists("/job/left"), os.path.exists("/tmp/left"), os.path.exists("/dev/shm/left"), os.listdir("/tmp"))
for folder in ("/job", "/tmp", "/dev/shm"): open(folder + "/left", "w").write("x")
if os.fork() == 0:
    os.setsid()
    import time
    time.sleep(60)
`;
    for (let round = 0; round < 8; round += 1) {
      const { stdout } = await runJob(executor(), worker(), source);
      expect(stdout).toBe("False False False []\n");
    }
  });

  it("are made to measure when a job wants another size", async () => {
    const source = "import os; s = os.statvfs('/job'); print(s.f_blocks * s.f_frsize)";
    const workspaceBytes = 8 * 1024 * 1024;
    for (let round = 0; round < 3; round += 1) {
      const { stdout } = await runJob(executor(), worker(), source, { limits: { workspaceBytes } });
      // Each of so many files may leave the rest of its last page unused.
      expect(stdout).toBe(`${workspaceBytes + INPUT_ENTRIES * 4_096}\n`);
    }
  });

  it("are started cold when more jobs come at once than are ready", async () => {
    const jobs = Array.from({ length: 9 }, (_, index) => runJob(executor(), worker(), `print(${index})`));
    const results = await Promise.all(jobs);
    expect(results.map(({ stdout }) => stdout)).toEqual(jobs.map((_, index) => `${index}\n`));
  });
});
