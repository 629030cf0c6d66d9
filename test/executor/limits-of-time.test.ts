import { describe, expect, it } from "vitest";
import { runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

const catches = `
import signal, sys, time
def end(*_):
    open("last.txt", "w").write("saved"); print("told", flush=True); sys.exit(3)
signal.signal(signal.SIGTERM, end)
open("first.txt", "w").write("early")
print("up", flush=True)
`;

describe.each(levels)("at $name, a limit of time", ({ options }) => {
  const { executor, worker } = withExecutor(options);
  const run = (
    source: string,
    limits: { timeoutMs?: number; cpuMs?: number; graceMs?: number },
    keeps = false,
    interpreter: "python3" | "bash" = "python3",
  ) =>
    runJob(executor(), worker(), source, {
      interpreter,
      limits,
      outputs: keeps ? { keepsOnTimeout: true } : {},
    });
  const paths = ({ finished }: Awaited<ReturnType<typeof run>>) =>
    finished.outputs.map(({ path }) => path).toSorted();

  describe.concurrent("on the clock", () => {
    it("tells a program to end first, within the limit, and keeps what it wrote", async () => {
      const source = `${catches}\ntime.sleep(60)`;
      const result = await run(source, { timeoutMs: 4_000, graceMs: 1_500 }, true);
      expect(result.stdout).toBe("up\ntold\n");
      expect(result.finished).toMatchObject({ reason: "timeout_wall", exitCode: 3, signal: null });
      expect(result.finished.wallTimeMs).toBeLessThan(4_250);
      expect(result.finished.wallTimeMs).toBeGreaterThan(2_300);
      expect(paths(result)).toEqual(["first.txt", "last.txt"]);
    });

    it("tells whatever a script waits for, so that its trap runs", async () => {
      const source = "trap 'echo cleaned; exit 0' TERM\necho up\nsleep 60\n";
      const { stdout, finished } = await run(source, { timeoutMs: 2_000, graceMs: 1_000 }, false, "bash");
      expect(stdout).toBe("up\ncleaned\n");
      expect(finished).toMatchObject({ reason: "timeout_wall", exitCode: 0, outputs: [] });
    });

    it("ends a program that does not listen when the grace is over", async () => {
      const source = `
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("kept.txt", "w").write("x")
time.sleep(60)
`;
      const result = await run(source, { timeoutMs: 2_000, graceMs: 1_000 }, true);
      expect(result.finished).toMatchObject({ reason: "timeout_wall", exitCode: null, signal: "SIGKILL" });
      expect(result.finished.wallTimeMs).toBeLessThan(2_450);
      expect(paths(result)).toEqual(["kept.txt"]);
    });

    it("keeps what was written without a grace too, whatever was started", async () => {
      const source = `
import os, time
open("kept.txt", "w").write("x")
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        while True: time.sleep(0.01)
time.sleep(60)
`;
      const result = await run(source, { timeoutMs: 1_500 }, true);
      expect(result.finished).toMatchObject({ reason: "timeout_wall", exitCode: null });
      expect(paths(result)).toEqual(["kept.txt"]);
    });

    it("leaves nothing where nothing was asked for", async () => {
      const source = "open('lost.txt', 'w').write('x')\nimport time; time.sleep(60)";
      expect(paths(await run(source, { timeoutMs: 1_000 }))).toEqual([]);
    });
  });

  it("of CPU seconds does the same", async () => {
    const source = `${catches}\nwhile True: pass`;
    const result = await run(source, { cpuMs: 2_000, graceMs: 1_000 }, true);
    expect(result.stdout).toBe("up\ntold\n");
    expect(result.finished).toMatchObject({ reason: "timeout_cpu", exitCode: 3 });
    expect(result.finished.cpuSeconds).toBeLessThan(2.2);
    expect(paths(result)).toEqual(["first.txt", "last.txt"]);
    const hard = await run("open('k', 'w').write('x')\nwhile True: pass", { cpuMs: 1_000 }, true);
    expect(hard.finished.reason).toBe("timeout_cpu");
    expect(paths(hard)).toEqual(["k"]);
  });
});
